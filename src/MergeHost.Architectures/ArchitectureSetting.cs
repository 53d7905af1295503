using System.Globalization;

namespace MergeHost.Architectures;

/// <summary>A setting that <c>config.json</c> and GGUF's metadata both have, or that follows from others.</summary>
/// <param name="Hub">
/// What it is in <c>config.json</c>, the first that is there: a name such as <c>rope_theta</c>,
/// <c>rope_parameters.rope_theta</c> within another one, a number, or a product of such as
/// <c>hidden_size/num_attention_heads</c>. A name that comes first is set when a file is converted from GGUF.
/// </param>
/// <param name="Gguf">The keys, without the architecture's name; all have the same value.</param>
/// <param name="IsReal">Whether the value is a number of single precision; else it is whole, rounded down.</param>
/// <param name="From">What it is in GGUF's metadata, if that is not the first key.</param>
public sealed record ArchitectureSetting(IReadOnlyList<string> Hub, IReadOnlyList<string> Gguf, bool IsReal = false, string? From = null)
{
    private static readonly char[] _operators = ['*', '/'];

    /// <summary>What tells it from other settings of an architecture.</summary>
    public string Id => Gguf.Count > 0 ? Gguf[0] : Hub[0];

    /// <summary>The name in <c>config.json</c> that takes the value, or <see langword="null"/>
    /// if it only follows from others there.</summary>
    public string? Target => IsComputed(Hub[0]) ? null : Hub[0];

    /// <summary>The value in <c>config.json</c>.</summary>
    /// <param name="find">The number of a name, or <see langword="null"/> if it is not there.</param>
    public double? InHub(Func<string, double?> find) => Hub.Select(text => Evaluate(text, find)).FirstOrDefault(value => value is not null);

    /// <summary>The value in GGUF's metadata.</summary>
    /// <param name="find">The number of a key, or <see langword="null"/> if it is not there.</param>
    public double? InGguf(Func<string, double?> find) =>
        (From ?? (Gguf.Count > 0 ? Gguf[0] : null)) is { } text ? Evaluate(text, find) : null;

    private static bool IsComputed(string text) => text.IndexOfAny(_operators) >= 0;

    private static double? Evaluate(string text, Func<string, double?> find)
    {
        double? result = 1;
        char before = '*';
        while (result is not null)
        {
            int end = text.IndexOfAny(_operators);
            string name = end < 0 ? text : text[..end];
            double? value = double.TryParse(name, CultureInfo.InvariantCulture, out double number) ? number : find(name);
            result = before == '*' ? result * value : result / value;
            if (end < 0)
            {
                break;
            }

            (before, text) = (text[end], text[(end + 1)..]);
        }

        return result is { } finite && double.IsFinite(finite) ? finite : null;
    }
}
