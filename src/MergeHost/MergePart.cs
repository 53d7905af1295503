using System.Globalization;

namespace MergeHost;

/// <summary>One of the parts that a merge is made in, by as many processes, on any machines that share the output's folder.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Count">How many parts there are, at least as many.</param>
public readonly record struct MergePart(int Number, int Count)
{
    /// <summary>The most parts that a merge has.</summary>
    public const int Most = 10_000;

    /// <summary>Reads a part as people write it, such as <c>2/4</c>.</summary>
    /// <returns><see langword="null"/> if it is none.</returns>
    public static MergePart? Parse(string text) =>
        text.Split('/') is [string first, string last]
        && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
        && number >= 1 && number <= count && count <= Most
            ? new MergePart(number, count)
            : null;

    /// <summary>The part as people write it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");
}
