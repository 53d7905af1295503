namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Eight scales and eight least numbers of 6 bits in 12 bytes, as <see cref="Q4_K"/> and <see cref="Q5_K"/> have them.</summary>
internal static unsafe class SixBitScales
{
    public const int Bytes = 12;

    public static (int Scale, int Least) Get(byte* packed, int group) => group < 4
        ? (packed[group] & 0x3F, packed[group + 4] & 0x3F)
        : ((packed[group + 4] & 0x0F) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));
}
