using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>256 numbers of 3 bits; each 16 have a scale of 6 bits: <c>w = d·(s − 32)·(q − 4)</c>.</summary>
internal readonly unsafe struct Q3_K : IEncodableBlock, IWeightedBlock
{
    private const int PackedAt = 32;
    private const int ScalesAt = 96;
    private const int ScaleAt = 108;

    public static int Elements => 256;

    public static int Bytes => 110;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block + ScaleAt);

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        TwoBits.Unpack(block + PackedAt, numbers);
        for (int run = 0; run < 8; run++)
        {
            // Where the third bit is missing, 4 is taken off.
            for (int at = 0; at < 32; at += 16)
            {
                sbyte* lanes = numbers + (32 * run) + at;
                Vector128<sbyte> third = Vector128.ShiftLeft(Bits.Field(block + at, run, 1), 2).AsSByte();
                (Vector128.Load(lanes) + third - Vector128.Create((sbyte)4)).Store(lanes);
            }
        }

        float scale = Bits.Half(block + ScaleAt);
        for (int group = 0; group < 16; group++)
        {
            Bits.Scale(numbers + (16 * group), 16, scale * (Scale(block + ScalesAt, group) - 32), values + (16 * group));
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        float* scales = stackalloc float[16];
        GroupScales.FindByMoves(values, 4, scales, numbers);
        new Span<byte>(block, Bytes).Clear();
        float largest = ScaleSearch.Extreme(scales, 16);
        float inverse = largest != 0 ? -32 / largest : 0;
        Bits.PutHalf(block + ScaleAt, largest != 0 ? 1 / inverse : 0);
        for (int group = 0; group < 16; group++)
        {
            if (largest != 0)
            {
                PutScale(block + ScalesAt, group, Math.Clamp((int)(sbyte)ScaleSearch.Nearest(inverse * scales[group]), -32, 31) + 32);
            }
        }

        Divide(values, numbers, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        float* scales = stackalloc float[16];
        float* weights = stackalloc float[256];
        float* groupWeights = stackalloc float[16];
        ScaleSearch.Weigh(values, importance, 2 * ScaleSearch.SumOfSquares(values, 256) / 256, 256, weights);
        for (int group = 0; group < 16; group++)
        {
            groupWeights[group] = ScaleSearch.Sum(weights + (16 * group), 16);
        }

        GroupScales.Find(values, weights, 4, scales, numbers);

        new Span<byte>(block, Bytes).Clear();
        byte* storedScales = stackalloc byte[16];
        Bits.PutHalf(block + ScaleAt, ScaleSearch.Scale(scales, groupWeights, 16, 32, storedScales));
        for (int group = 0; group < 16; group++)
        {
            PutScale(block + ScalesAt, group, storedScales[group]);
        }

        Divide(values, numbers, block);
    }

    private static void Divide(float* values, byte* numbers, byte* block)
    {
        for (int group = 0; group < 16; group++)
        {
            float scale = Bits.Half(block + ScaleAt) * (Scale(block + ScalesAt, group) - 32);
            if (scale != 0)
            {
                ScaleSearch.Divide(values + (16 * group), 16, 0, scale, -4, 3, 4, numbers + (16 * group));
            }
        }

        Pack(numbers, block);
    }

    private static void Pack(byte* numbers, byte* block)
    {
        for (int at = 0; at < 32; at += 16)
        {
            Vector128<byte> third = Vector128<byte>.Zero;
            for (int run = 0; run < 8; run++)
            {
                Vector128<byte> lanes = Vector128.Load(numbers + (32 * run) + at);
                third |= Vector128.ShiftLeft(Vector128.ShiftRightLogical(lanes, 2), run);
                (lanes & Vector128.Create((byte)3)).Store(numbers + (32 * run) + at);
            }

            third.Store(block + at);
        }

        TwoBits.Pack(numbers, block + PackedAt);
    }

    private static void PutScale(byte* scales, int group, int scale)
    {
        scales[group % 8] |= (byte)((scale & 0x0F) << (group / 8 * 4));
        scales[8 + (group % 4)] |= (byte)(scale >> 4 << (group / 4 * 2));
    }

    // Low four bits in eight bytes, the second eight scales above the first; high two bits in four bytes.
    private static int Scale(byte* scales, int group) =>
        ((scales[group % 8] >> (group / 8 * 4)) & 0x0F) | (((scales[8 + (group % 4)] >> (group / 4 * 2)) & 3) << 4);
}
