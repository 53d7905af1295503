namespace MergeHost.Kernels.Tests;

/// <summary>Numbers that kernels get wrong first.</summary>
internal static class Floats
{
    /// <summary>
    /// Zeros, subnormals, the smallest and largest of all, what rounds to the largest BF16 and to infinity, ties between an even
    /// and an odd BF16, infinities, quiet and signalling NaN.
    /// </summary>
    public static float[] Edges { get; } =
    [
        0f, -0f, 1f, -1f, 2.5f, -3.75f, 1f / 3, float.Epsilon, -float.Epsilon, Of(0x007F_FFFF), Of(0x0080_0000), 1e-30f,
        Of(0x7F7F_7FFF), Of(0x7F7F_8000), float.MaxValue, -float.MaxValue, float.PositiveInfinity, float.NegativeInfinity,
        float.NaN, -float.NaN, Of(0x7F80_0001), Of(0xFFC1_2345),
        Of(0x3F80_8000), Of(0x3F81_8000), Of(0xBF80_8001), Of(0x3F81_7FFF),
    ];

    public static float Of(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    /// <summary>Numbers of any bits, NaN and infinities among them.</summary>
    public static float[] Any(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Of((uint)random.NextInt64(1L << 32)))];
    }

    /// <summary>Numbers as weights have them: around zero, mostly below one.</summary>
    public static float[] Normal(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Part() + Part() - Part() - Part())];

        float Part() => random.NextSingle();
    }

    /// <summary>Whole numbers of 16 bits.</summary>
    public static ushort[] Integers(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (ushort)random.Next(1 << 16))];
    }

    /// <summary>
    /// The bits, with one pattern for all NaN: its sign and payload depend on the order of operands in the machine's code.
    /// </summary>
    public static uint[] Bits(IEnumerable<float> values) =>
        [.. values.Select(value => float.IsNaN(value) ? 0x7FC0_0000 : BitConverter.SingleToUInt32Bits(value))];
}
