using System.Collections.Concurrent;
using TorchSharp;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Numbers that operations are given.</summary>
/// <remarks>
/// TorchSharp makes a <see cref="Scalar"/> of every number it is handed, even of the factor of a plain sum, and lets its finalizer free it
/// while libtorch may still be reading. These live on; there are as many as a configuration has numbers.
/// </remarks>
internal static class LastingScalar
{
    private static readonly ConcurrentDictionary<double, Scalar> _numbers = [];

    public static Scalar Zero { get; } = 0L;

    public static Scalar One { get; } = 1L;

    /// <summary>A number, always the same object.</summary>
    public static Scalar Of(double number) => _numbers.GetOrAdd(number, value => value);
}
