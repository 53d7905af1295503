using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Tests.Selection;

/// <summary>Values to select from, and what a stable sort makes of them.</summary>
internal static class SelectionOracle
{
    /// <summary>Values by what is hard about them; 5,000 of each, but for the small ones.</summary>
    public static IReadOnlyDictionary<string, float[]> Values { get; } = new Dictionary<string, float[]>
    {
        ["one"] = [-3],
        ["signs and zeros"] = [0, -0f, 1, -1, 2, -2, 0, 1, -2, -0f],
        ["random"] = Floats.Normal(1, 5000),
        ["as BF16 has them"] = [.. Floats.Normal(2, 5000).Select(value => BFloat16.ToSingle(BFloat16.FromSingle(value)))],
        ["many ties"] = [.. Floats.Normal(3, 5000).Select(value => MathF.Round(4 * value) / 4)],
        ["all equal"] = [.. Enumerable.Range(0, 5000).Select(i => i % 3 == 0 ? -0.5f : 0.5f)],
        ["all zero"] = [.. Enumerable.Range(0, 5000).Select(i => i % 3 == 0 ? -0f : 0f)],
        ["equal in the upper bits"] = [.. Enumerable.Range(0, 5000).Select(i => Floats.Of(0x3F80_0000u + (uint)(i * 7919 % 3001)))],
        ["subnormal"] = [.. Enumerable.Range(0, 5000).Select(i => Floats.Of((uint)((i * 31) % 977)))],
        ["with infinities"] = Mixed(4, i => i % 2 == 0 ? float.PositiveInfinity : float.NegativeInfinity),
        ["with NaN"] = Mixed(5, i => i % 2 == 0 ? float.NaN : -float.NaN),
        // The payload stands in the lower half, so that the upper half is that of an infinity.
        ["with NaN like infinities"] = Mixed(6, i => Floats.Of(0x7F80_0001u + (uint)i)),
        ["nothing but NaN"] = [.. Enumerable.Range(0, 5000).Select(i => Floats.Of(0xFF80_0001u + (uint)i))],
        ["any bits"] = Floats.Any(7, 5000),
    };

    /// <summary>How many are kept: the ends, and the places where runs of equal magnitudes begin, end or are cut.</summary>
    public static IEnumerable<int> Counts(float[] values)
    {
        int n = values.Length;
        float[] sorted = [.. values.Select(Magnitude).OrderDescending()];
        int[] edges = [.. Enumerable.Range(1, n - 1).Where(i => sorted[i] != sorted[i - 1])];
        int[] chosen = [.. edges.Take(2), .. edges.Skip(edges.Length / 2).Take(2), .. edges.TakeLast(2)];
        return new[] { 1, 2, n / 10, n / 3, n / 2, n - 1, n }.Concat(
            chosen.SelectMany(edge => new[] { edge - 1, edge, edge + 1 }))
            .Where(k => k >= 1 && k <= n).Distinct();
    }

    /// <summary>
    /// The cut that keeps the first <paramref name="k"/> of a stable sort by descending magnitude, NaN counting as zero.
    /// </summary>
    public static MagnitudeCut Cut(float[] values, int k)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(i => Magnitude(values[i]))];
        int last = order[k - 1];
        float threshold = Magnitude(values[last]);
        bool keepsAllTies = k == values.Length || Magnitude(values[order[k]]) != threshold;
        return new MagnitudeCut(threshold, keepsAllTies ? long.MaxValue : last + 1);
    }

    // Something odd in every 25th place.
    private static float[] Mixed(int seed, Func<int, float> odd) =>
        [.. Floats.Normal(seed, 5000).Select((value, i) => i % 25 == 7 ? odd(i) : value)];

    private static float Magnitude(float value) => float.IsNaN(value) ? 0 : MathF.Abs(value);
}
