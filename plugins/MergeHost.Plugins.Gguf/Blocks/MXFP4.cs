namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>32 numbers of type E2M1 with a power of two: <c>w = 2^(e − 127)·q</c>.</summary>
internal readonly unsafe struct MXFP4 : IBlock
{
    public static int Elements => 32;

    public static int Bytes => 17;

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[32];
        Codebook.LookUp(block + 1, Codebook.Float4, numbers);
        Bits.Scale(numbers, 32, HalfPower(block[0]), values);
    }

    // 2^(e − 128), since the codebook is doubled; the two smallest are subnormal.
    private static float HalfPower(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);
}
