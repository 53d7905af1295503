using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Types whose 4 bits choose one of 16 numbers.</summary>
internal static unsafe class Codebook
{
    /// <summary>What IQ4_NL and IQ4_XS choose from: denser around zero.</summary>
    public static readonly Vector128<sbyte> NonLinear =
        Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    /// <summary>What MXFP4 and NVFP4 choose from: the numbers of E2M1, doubled to be whole.</summary>
    public static readonly Vector128<sbyte> Float4 = Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    /// <summary>Looks 32 numbers up: the low halves of 16 bytes first.</summary>
    public static void LookUp(byte* packed, Vector128<sbyte> book, sbyte* numbers)
    {
        Vector128.Shuffle(book, Bits.Field(packed, 0, 0x0F).AsSByte()).Store(numbers);
        Vector128.Shuffle(book, Bits.Field(packed, 4, 0x0F).AsSByte()).Store(numbers + 16);
    }
}
