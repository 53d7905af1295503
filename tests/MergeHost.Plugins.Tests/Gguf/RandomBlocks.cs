using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Draws blocks and numbers as <c>fixtures/gguf/make_blocks.py</c> does.</summary>
internal static class RandomBlocks
{
    /// <summary>Random blocks of a type, no scale of which is infinite or NaN.</summary>
    public static byte[] Of(DType type, int count)
    {
        byte[] blocks = OfAnyScale(type, count);
        for (int block = 0; block < blocks.Length; block += type.BlockBytes)
        {
            foreach (int half in HalvesOf(type.Name))
            {
                blocks[block + half + 1] &= 0xBF;
            }
        }

        return blocks;
    }

    /// <summary>Random blocks of a type, some scales of which are infinite or NaN.</summary>
    public static byte[] OfAnyScale(DType type, int count) =>
        MemoryMarshal.AsBytes<ulong>(Words(1, ((count * type.BlockBytes) + 7) / 8)).ToArray()[..(count * type.BlockBytes)];

    /// <summary>Bell-shaped rows of many widths; then some that are odd, as zeros with signs, equal magnitudes and denormals are.</summary>
    public static float[] Numbers(int rows, int row)
    {
        ulong[] words = Words(2, rows * row);
        float[] numbers = new float[rows * row];
        for (int index = 0; index < numbers.Length; index++)
        {
            ulong word = words[index];
            long sum = (long)((word & 0xFFFF) + ((word >> 16) & 0xFFFF) + ((word >> 32) & 0xFFFF) + (word >> 48)) - 131_070;
            float number = MathF.ScaleB(sum, -18 - (index / row % 12));
            numbers[index] = (rows - (index / row), index % row) switch
            {
                (1, _) => 0,
                (2, _) => -0.25f,
                (3, int at) => at % 512 == 77 ? 1.5f : 0,
                (4, _) => MathF.Abs(number),
                (5, _) => -MathF.Abs(number),
                (6, int at) => at % 64 < 32 ? number : 0,
                (7, _) => Zero(word),
                (8, _) => ((int)(word % 7) - 3) * MathF.ScaleB(1, -5),
                (9, _) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) & 0xFFFF_0000),
                (10, _) => word % 4 == 0 ? number * MathF.ScaleB(1, -124) : 0,
                (11, _) => word % 3 == 0 ? MathF.Abs(number) : Zero(word),
                (12, int at) => MathF.ScaleB(number, (at / 32 % 48) - 26),
                _ => number,
            };
        }

        return numbers;
    }

    /// <summary>What each column matters, from 0 to 16.</summary>
    public static float[] Importance(int columns) =>
        [.. Words(3, columns).Select((word, column) => column % 97 == 5 ? 0 : (word & 0xFFFF) * MathF.ScaleB(1, -12))];

    /// <summary>BF16 of random signs and fractions, from 2⁻⁹ to 2⁻¹.</summary>
    public static IEnumerable<ushort> Weights(ulong seed, int count) =>
        Words(seed, count).Select(word => (ushort)((word & 0x807F) | ((((word >> 16) % 8) + 118) << 7)));

    /// <summary>The SHA-256 of what is stored, in lower-case hexadecimal digits.</summary>
    public static string Digest<T>(ReadOnlySpan<T> data)
        where T : struct => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(data)));

    private static float Zero(ulong word) => (word & 8) == 0 ? 0f : -0f;

    // Where a block has its half-precision scales.
    private static int[] HalvesOf(string type) => type switch
    {
        "Q4_1" or "Q5_1" or "Q4_K" or "Q5_K" => [0, 2],
        "Q2_K" => [80, 82],
        "Q3_K" => [108],
        "Q6_K" => [208],
        "IQ1_M" => [54],
        "TQ1_0" => [52],
        "TQ2_0" => [64],
        "MXFP4" or "NVFP4" => [],
        _ => [0],
    };

    private static ulong[] Words(ulong seed, int count)
    {
        ulong[] words = new ulong[count];
        for (int index = 0; index < count; index++)
        {
            ulong z = unchecked(((ulong)index + 1 + (seed << 32)) * 0x9E3779B97F4A7C15);
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
            words[index] = BinaryPrimitives.ReadUInt64LittleEndian(BitConverter.GetBytes(z ^ (z >> 31)));
        }

        return words;
    }
}
