using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>The points that the smallest types choose from: each index stands for 8 or 4 numbers.</summary>
internal static unsafe class Lattice
{
    private static readonly Vector64<byte> _bitOfLane = Vector64.Create(0x8040_2010_0804_0201UL).AsByte();

    /// <summary>Loads a lattice; it stays in memory, where it is.</summary>
    public static sbyte* Load(string type)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{type}.bin")!;
        sbyte* points = (sbyte*)NativeMemory.Alloc((nuint)stream.Length);
        stream.ReadExactly(new Span<byte>(points, (int)stream.Length));
        return points;
    }

    /// <summary>Writes 8 numbers, with the signs of which a byte has one bit each.</summary>
    public static void Put(ulong point, int signs, sbyte* numbers)
    {
        Vector64<byte> negative = Vector64.Equals(Vector64.Create((byte)signs) & _bitOfLane, _bitOfLane);

        // −x = (x xor −1) − (−1)
        Vector64.Store(((Vector64.CreateScalar(point).AsByte() ^ negative) - negative).AsSByte(), numbers);
    }

    /// <summary>The signs of seven numbers, with that of an eighth which makes the count of minuses even.</summary>
    public static int EvenSigns(uint seven) => (int)(seven | ((uint)(BitOperations.PopCount(seven) & 1) << 7));
}
