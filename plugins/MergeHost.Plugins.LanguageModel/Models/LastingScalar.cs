using TorchSharp;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Numbers that operations are given.</summary>
/// <remarks>
/// TorchSharp makes a <see cref="Scalar"/> of every number it is handed, even of the factor of a plain sum, and lets its finalizer free it
/// while libtorch may still be reading. Those of a field live on.
/// </remarks>
internal static class LastingScalar
{
    public static Scalar Zero { get; } = 0L;

    public static Scalar One { get; } = 1L;
}
