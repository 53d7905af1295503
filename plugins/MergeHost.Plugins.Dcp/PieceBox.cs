using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;

namespace MergeHost.Plugins.Dcp;

/// <summary>A part of a tensor: from an offset, so many elements along each dimension.</summary>
internal sealed record PieceBox(long[] Offsets, long[] Sizes)
{
    private const int MostPieces = 16_384;

    public long ElementCount => Count(Sizes);

    /// <summary>The number of elements, which fits: it has been checked against the tensor's.</summary>
    public static long Count(long[] sizes) => sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>Refuses sizes that cannot be counted in bytes.</summary>
    public static void CheckSize(DType type, long[] sizes)
    {
        Int128 bytes = type.BlockBytes;
        foreach (long size in sizes)
        {
            bytes *= Math.Max(size, 1);
            if (bytes > long.MaxValue)
            {
                throw PickleFault.BadTensor($"[{string.Join(", ", sizes)}] of {type} has more bytes than can be counted");
            }
        }
    }

    /// <summary>A box within a tensor.</summary>
    public static PieceBox Make(long[] offsets, long[] sizes, long[] whole)
    {
        if (offsets.Length != whole.Length || sizes.Length != whole.Length)
        {
            throw PickleFault.BadTensor($"a piece has {sizes.Length} dimensions, the tensor {whole.Length}");
        }

        for (int i = 0; i < whole.Length; i++)
        {
            if (offsets[i] > whole[i] || sizes[i] > whole[i] - offsets[i])
            {
                throw PickleFault.BadTensor($"the piece {new PieceBox(offsets, sizes)} leaves the tensor, [{string.Join(", ", whole)}]");
            }
        }

        return new PieceBox(offsets, sizes);
    }

    /// <summary>Makes sure that each element of a tensor is in just one of its pieces.</summary>
    public static void CheckCover(PieceBox[] boxes, long[] whole)
    {
        if (boxes.Length > MostPieces)
        {
            throw PickleFault.Limit($"{boxes.Length} pieces; at most {MostPieces} are read");
        }

        CheckOverlap(boxes, whole.Length);
        Int128 covered = 0;
        foreach (PieceBox box in boxes)
        {
            covered += box.ElementCount;
        }

        if (covered != Count(whole))
        {
            throw PickleFault.BadTensor(Invariant($"its pieces have {covered:N0} of {Count(whole):N0} elements"));
        }
    }

    public override string ToString() => $"[{string.Join(", ", Offsets)}] of size [{string.Join(", ", Sizes)}]";

    // Goes along the dimension that is cut the most, so that few pieces are side by side at a time.
    private static void CheckOverlap(PieceBox[] boxes, int rank)
    {
        if (rank == 0)
        {
            return;
        }

        int along = Enumerable.Range(0, rank).MaxBy(i => boxes.Select(box => box.Offsets[i]).Distinct().Count());
        List<PieceBox> active = [];
        foreach (PieceBox box in boxes.OrderBy(box => box.Offsets[along]))
        {
            active.RemoveAll(other => other.Offsets[along] + other.Sizes[along] <= box.Offsets[along]);
            if (active.FirstOrDefault(other => Overlap(box, other)) is { } twin)
            {
                throw PickleFault.BadTensor($"the pieces {twin} and {box} overlap");
            }

            active.Add(box);
        }
    }

    private static bool Overlap(PieceBox a, PieceBox b)
    {
        for (int i = 0; i < a.Sizes.Length; i++)
        {
            if (a.Offsets[i] >= b.Offsets[i] + b.Sizes[i] || b.Offsets[i] >= a.Offsets[i] + a.Sizes[i])
            {
                return false;
            }
        }

        return true;
    }
}
