using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace MergeHost.Kernels.Randomness;

/// <summary>Random numbers of 16 bits of which any run can be had by itself: the Philox4x32-7 generator, with the fewest rounds that
/// its authors saw pass all of TestU01.</summary>
/// <remarks>
/// The number for an element depends on the seed, the stream's index, the tensor's name and the element's flat index, and on nothing
/// else. Key and upper counter words are the first 16 bytes of <c>SHA-256(seed, stream, name)</c>. Elements come in groups of 128 from
/// 16 counters: element <c>128·g + 32·w + 4·l + h</c>, with l below 8 and h below 4, is in word w of counter
/// <c>16·g + l</c>, or of <c>16·g + l + 8</c> where h is 2 or 3: its lower half where h is even, its upper half where it is odd.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/2063384.2063405">Salmon et al., Parallel random numbers: as easy as 1, 2, 3</seealso>
public readonly struct Philox
{
    /// <summary>Runs of elements begin at multiples of this.</summary>
    public const int Group = 128;

    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 7;
    private const int Counters = 16;

    private readonly uint _key0;
    private readonly uint _key1;
    private readonly uint _counter2;
    private readonly uint _counter3;

    /// <summary>Makes the stream of a tensor.</summary>
    /// <param name="seed">The merge's seed.</param>
    /// <param name="stream">Which of the tensor's streams, counted from 0.</param>
    /// <param name="name">The tensor's name.</param>
    public Philox(long seed, int stream, string name)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        byte[] text = [.. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(stream), .. Encoding.UTF8.GetBytes(name)];
        SHA256.HashData(text, digest);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(digest);
        (_key0, _key1, _counter2, _counter3) = (words[0], words[1], words[2], words[3]);
    }

    internal Philox(uint key0, uint key1, uint counter2, uint counter3) =>
        (_key0, _key1, _counter2, _counter3) = (key0, key1, counter2, counter3);

    /// <summary>Writes the numbers of a run of elements.</summary>
    /// <param name="firstElement">The flat index of the first: a multiple of <see cref="Group"/>.</param>
    /// <param name="destination">Filled wholly.</param>
    /// <exception cref="ArgumentException"><paramref name="firstElement"/> is no multiple of 128.</exception>
    public void Fill(long firstElement, Span<ushort> destination)
    {
        if (firstElement % Group != 0)
        {
            throw new ArgumentException("runs begin at multiples of 128", nameof(firstElement));
        }

        ulong counter = (ulong)firstElement / 8;
        int done = 0;
        for (; done + (2 * Group) <= destination.Length; done += 2 * Group, counter += 2 * Counters)
        {
            FillTwoGroups(counter, ref destination[done]);
        }

        if (done < destination.Length)
        {
            Span<ushort> last = stackalloc ushort[2 * Group];
            FillTwoGroups(counter, ref last[0]);
            last[..(destination.Length - done)].CopyTo(destination[done..]);
        }
    }

    private void FillTwoGroups(ulong counter, ref ushort destination)
    {
        if (Avx512F.IsSupported)
        {
            FillTwoGroups512(counter, ref destination);
        }
        else if (Avx2.IsSupported)
        {
            FillGroup256(counter, ref destination);
            FillGroup256(counter + Counters, ref Unsafe.Add(ref destination, Group));
        }
        else
        {
            FillGroupScalar(counter, ref destination);
            FillGroupScalar(counter + Counters, ref Unsafe.Add(ref destination, Group));
        }
    }

    // 64-bit places hold a word in their lower half; what stands in the upper half is never looked at, since the multiplication
    // reads lower halves only. What one vector of counters waits for, three others make use of.
    internal void FillTwoGroups512(ulong counter, ref ushort destination)
    {
        Vector512<ulong> ascending = Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7) + Vector512.Create(counter);
        (Vector512<ulong> a0, Vector512<ulong> a1, Vector512<ulong> a2, Vector512<ulong> a3) = Start512(ascending);
        (Vector512<ulong> b0, Vector512<ulong> b1, Vector512<ulong> b2, Vector512<ulong> b3) = Start512(ascending + Vector512.Create(8UL));
        (Vector512<ulong> c0, Vector512<ulong> c1, Vector512<ulong> c2, Vector512<ulong> c3) = Start512(ascending + Vector512.Create(16UL));
        (Vector512<ulong> d0, Vector512<ulong> d1, Vector512<ulong> d2, Vector512<ulong> d3) = Start512(ascending + Vector512.Create(24UL));
        Vector512<ulong> k0 = Vector512.Create((ulong)_key0);
        Vector512<ulong> k1 = Vector512.Create((ulong)_key1);
        for (int round = 0; round < Rounds; round++)
        {
            (a0, a1, a2, a3) = Round512(a0, a1, a2, a3, k0, k1);
            (b0, b1, b2, b3) = Round512(b0, b1, b2, b3, k0, k1);
            (c0, c1, c2, c3) = Round512(c0, c1, c2, c3, k0, k1);
            (d0, d1, d2, d3) = Round512(d0, d1, d2, d3, k0, k1);
            k0 += Vector512.Create((ulong)Weyl0);
            k1 += Vector512.Create((ulong)Weyl1);
        }

        Store512(a0, b0, ref destination);
        Store512(a1, b1, ref Unsafe.Add(ref destination, 32));
        Store512(a2, b2, ref Unsafe.Add(ref destination, 64));
        Store512(a3, b3, ref Unsafe.Add(ref destination, 96));
        Store512(c0, d0, ref Unsafe.Add(ref destination, 128));
        Store512(c1, d1, ref Unsafe.Add(ref destination, 160));
        Store512(c2, d2, ref Unsafe.Add(ref destination, 192));
        Store512(c3, d3, ref Unsafe.Add(ref destination, 224));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector512<ulong> X0, Vector512<ulong> X1, Vector512<ulong> X2, Vector512<ulong> X3) Start512(Vector512<ulong> counter) =>
        (counter, counter >>> 32, Vector512.Create((ulong)_counter2), Vector512.Create((ulong)_counter3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<ulong> X0, Vector512<ulong> X1, Vector512<ulong> X2, Vector512<ulong> X3) Round512(
        Vector512<ulong> x0, Vector512<ulong> x1, Vector512<ulong> x2, Vector512<ulong> x3, Vector512<ulong> k0, Vector512<ulong> k1)
    {
        Vector512<ulong> product0 = Avx512F.Multiply(x0.AsUInt32(), Vector512.Create((ulong)Multiplier0).AsUInt32());
        Vector512<ulong> product1 = Avx512F.Multiply(x2.AsUInt32(), Vector512.Create((ulong)Multiplier1).AsUInt32());
        return ((product1 >>> 32) ^ x1 ^ k0, product1, (product0 >>> 32) ^ x3 ^ k1, product0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store512(Vector512<ulong> low, Vector512<ulong> high, ref ushort destination) =>
        Vector512.ConditionalSelect(Vector512.Create(0xFFFF_FFFFUL), low, high << 32).AsUInt16().StoreUnsafe(ref destination);

    internal void FillGroup256(ulong counter, ref ushort destination)
    {
        for (int part = 0; part < 8; part += 4)
        {
            Vector256<ulong> ascending = Vector256.Create(0UL, 1, 2, 3) + Vector256.Create(counter + (ulong)part);
            (Vector256<ulong> a0, Vector256<ulong> a1, Vector256<ulong> a2, Vector256<ulong> a3) = Start256(ascending);
            (Vector256<ulong> b0, Vector256<ulong> b1, Vector256<ulong> b2,
                Vector256<ulong> b3) = Start256(ascending + Vector256.Create(8UL));
            Vector256<ulong> k0 = Vector256.Create((ulong)_key0);
            Vector256<ulong> k1 = Vector256.Create((ulong)_key1);
            for (int round = 0; round < Rounds; round++)
            {
                (a0, a1, a2, a3) = Round256(a0, a1, a2, a3, k0, k1);
                (b0, b1, b2, b3) = Round256(b0, b1, b2, b3, k0, k1);
                k0 += Vector256.Create((ulong)Weyl0);
                k1 += Vector256.Create((ulong)Weyl1);
            }

            ref ushort first = ref Unsafe.Add(ref destination, 4 * part);
            Store256(a0, b0, ref first);
            Store256(a1, b1, ref Unsafe.Add(ref first, 32));
            Store256(a2, b2, ref Unsafe.Add(ref first, 64));
            Store256(a3, b3, ref Unsafe.Add(ref first, 96));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector256<ulong> X0, Vector256<ulong> X1, Vector256<ulong> X2, Vector256<ulong> X3) Start256(Vector256<ulong> counter) =>
        (counter, counter >>> 32, Vector256.Create((ulong)_counter2), Vector256.Create((ulong)_counter3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<ulong> X0, Vector256<ulong> X1, Vector256<ulong> X2, Vector256<ulong> X3) Round256(
        Vector256<ulong> x0, Vector256<ulong> x1, Vector256<ulong> x2, Vector256<ulong> x3, Vector256<ulong> k0, Vector256<ulong> k1)
    {
        Vector256<ulong> product0 = Avx2.Multiply(x0.AsUInt32(), Vector256.Create((ulong)Multiplier0).AsUInt32());
        Vector256<ulong> product1 = Avx2.Multiply(x2.AsUInt32(), Vector256.Create((ulong)Multiplier1).AsUInt32());
        return ((product1 >>> 32) ^ x1 ^ k0, product1, (product0 >>> 32) ^ x3 ^ k1, product0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store256(Vector256<ulong> low, Vector256<ulong> high, ref ushort destination) =>
        Vector256.ConditionalSelect(Vector256.Create(0xFFFF_FFFFUL), low, high << 32).AsUInt16().StoreUnsafe(ref destination);

    internal void FillGroupScalar(ulong counter, ref ushort destination)
    {
        Span<uint> words = stackalloc uint[4];
        for (int lane = 0; lane < Counters; lane++)
        {
            Block(counter + (ulong)lane, words);
            for (int word = 0; word < words.Length; word++)
            {
                ref ushort first = ref Unsafe.Add(ref destination, (32 * word) + (4 * (lane % 8)) + (lane / 8 * 2));
                first = (ushort)words[word];
                Unsafe.Add(ref first, 1) = (ushort)(words[word] >> 16);
            }
        }
    }

    /// <summary>The four words of one counter.</summary>
    internal void Block(ulong counter, Span<uint> words)
    {
        (uint x0, uint x1, uint x2, uint x3) = ((uint)counter, (uint)(counter >> 32), _counter2, _counter3);
        (uint key0, uint key1) = (_key0, _key1);
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)x0 * Multiplier0;
            ulong product1 = (ulong)x2 * Multiplier1;
            (x0, x1, x2, x3) = ((uint)(product1 >> 32) ^ x1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ x3 ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        (words[0], words[1], words[2], words[3]) = (x0, x1, x2, x3);
    }
}
