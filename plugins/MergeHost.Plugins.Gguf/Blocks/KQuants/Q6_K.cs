using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>256 numbers of 6 bits; each 16 have a scale of 8 bits: <c>w = d·s·(q − 32)</c>.</summary>
internal readonly unsafe struct Q6_K : IEncodableBlock, IWeightedBlock
{
    private const int HighAt = 128;
    private const int ScalesAt = 192;
    private const int ScaleAt = 208;

    public static int Elements => 256;

    public static int Bytes => 210;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block + ScaleAt);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block + ScaleAt);
        sbyte* numbers = stackalloc sbyte[128];
        for (int half = 0; half < 2; half++)
        {
            Bits.Nibbles(block + (64 * half), 64, numbers);
            for (int run = 0; run < 4; run++)
            {
                for (int at = 0; at < 32; at += 16)
                {
                    sbyte* lanes = numbers + (32 * run) + at;
                    Vector128<sbyte> high = Vector128.ShiftLeft(Bits.Field(block + HighAt + (32 * half) + at, 2 * run, 3), 4).AsSByte();
                    ((Vector128.Load(lanes) | high) - Vector128.Create((sbyte)32)).Store(lanes);
                }
            }

            for (int group = 0; group < 8; group++)
            {
                Bits.Scale(numbers + (16 * group), 16, scale * ((sbyte*)block)[ScalesAt + (8 * half) + group],
                    values + (128 * half) + (16 * group));
            }
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        float* weights = stackalloc float[256];
        ScaleSearch.Square(values, 256, weights);
        Encode(values, weights, 0, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        float* scales = stackalloc float[16];
        GroupScales.Find(values, importance, 32, scales, numbers);
        float largest = ScaleSearch.Extreme(scales, 16);
        if (MathF.Abs(largest) < ScaleSearch.LeastMagnitude)
        {
            new Span<byte>(block, Bytes).Clear();
            return;
        }

        float inverse = -128 / largest;
        Bits.PutHalf(block + ScaleAt, 1 / inverse);
        for (int group = 0; group < 16; group++)
        {
            sbyte s = (sbyte)Math.Min(127, ScaleSearch.Nearest(inverse * scales[group]));
            block[ScalesAt + group] = (byte)s;
            float scale = Bits.Half(block + ScaleAt) * s;
            if (scale != 0)
            {
                ScaleSearch.Divide(values + (16 * group), 16, 0, scale, -32, 31, 32, numbers + (16 * group));
            }
        }

        Pack(numbers, block);
    }

    private static void Pack(byte* numbers, byte* block)
    {
        for (int half = 0; half < 2; half++)
        {
            byte* runs = numbers + (128 * half);
            for (int at = 0; at < 32; at += 16)
            {
                Vector128<byte> high = Vector128<byte>.Zero;
                for (int run = 0; run < 4; run++)
                {
                    Vector128<byte> lanes = Vector128.Load(runs + (32 * run) + at);
                    high |= Vector128.ShiftLeft(Vector128.ShiftRightLogical(lanes, 4), 2 * run);
                    (lanes & Vector128.Create((byte)0x0F)).Store(runs + (32 * run) + at);
                }

                high.Store(block + HighAt + (32 * half) + at);
            }

            Bits.PackNibbles(runs, 64, block + (64 * half));
        }
    }
}
