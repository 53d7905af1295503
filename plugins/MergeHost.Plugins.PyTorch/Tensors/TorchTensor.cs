using System.Globalization;
using System.Numerics;
using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>Elements one after the other, that tensors are views of.</summary>
/// <param name="Key">What the file calls it.</param>
/// <param name="Type">The type of its elements; <see langword="null"/> if it is bytes, whose type each tensor tells.</param>
/// <param name="ElementCount">How many elements, or bytes, it has.</param>
internal sealed record TorchStorage(string Key, DType? Type, long ElementCount)
{
    /// <summary>Where a storage begins that is a part of another, in elements of that one.</summary>
    public long FirstElement { get; init; }

    public long LengthBytes => ElementCount * (Type?.BlockBytes ?? 1);
}

/// <summary>A view of a storage: where its elements are. What it says has been compared with the storage's length.</summary>
internal sealed class TorchTensor
{
    private const int MostExtents = 32;
    private const long MostExpandedBytes = 1L << 32;

    private TorchTensor(TorchStorage storage, DType type, long offset, long[] sizes, long[] strides, bool isNegated)
    {
        Storage = storage;
        Type = type;
        Offset = offset;
        Sizes = sizes;
        Strides = strides;
        IsNegated = isNegated;
    }

    public TorchStorage Storage { get; }

    public DType Type { get; }

    /// <summary>The first element, in elements of <see cref="Type"/> from the storage's beginning.</summary>
    public long Offset { get; }

    public long[] Sizes { get; }

    public long[] Strides { get; }

    /// <summary>Whether the stored numbers have the other sign.</summary>
    public bool IsNegated { get; }

    public static TorchTensor Make(TorchStorage storage, DType type, object? offset, object? sizes, object? strides, bool isNegated)
    {
        long[] extents = Extents(sizes, "size");
        long[] steps = Extents(strides, "stride");
        long first = offset switch
        {
            long number and >= 0 => number,
            long or BigInteger => throw PickleFault.BadTensor($"the offset {offset} is out of range"),
            _ => throw PickleFault.Refused($"an offset is {PickleText.Kind(offset)}"),
        };
        if (extents.Length != steps.Length)
        {
            throw PickleFault.BadTensor($"{extents.Length} sizes and {steps.Length} strides");
        }

        if (isNegated && type.Kind != DTypeKind.Float)
        {
            throw PickleFault.Unsupported("a tensor of whole numbers has the negative bit");
        }

        CheckRange(storage, type, first, extents, steps);
        return new TorchTensor(storage, type, first, extents, steps, isNegated);
    }

    /// <summary>The numbers of a tuple: sizes, strides or offsets.</summary>
    public static long[] Extents(object? value, string word)
    {
        if (value is not PickleTuple tuple)
        {
            throw PickleFault.Refused($"each {word} is to be in a tuple, not in {PickleText.Kind(value)}");
        }

        if (tuple.Items.Length > MostExtents)
        {
            throw PickleFault.Limit($"{tuple.Items.Length} dimensions; at most {MostExtents} are read");
        }

        return [.. tuple.Items.Select(item => item switch
        {
            long number and >= 0 => number,
            long or BigInteger => throw PickleFault.BadTensor(string.Create(CultureInfo.InvariantCulture, $"a {word} of {item}")),
            _ => throw PickleFault.Refused($"a {word} is {PickleText.Kind(item)}"),
        })];
    }

    private static void CheckRange(TorchStorage storage, DType type, long offset, long[] sizes, long[] strides)
    {
        Int128 elements = 1;
        Int128 whole = 1;
        Int128 last = offset;
        for (int i = 0; i < sizes.Length; i++)
        {
            elements *= sizes[i];
            whole *= Math.Max(sizes[i], 1);
            last += (Int128)Math.Max(sizes[i] - 1, 0) * strides[i];

            // Nothing overflows on the way: each factor is below 2⁶³.
            if (whole * type.BlockBytes > long.MaxValue)
            {
                throw PickleFault.BadTensor($"a tensor of {type} [{string.Join(", ", sizes)}] has more bytes than can be counted");
            }
        }

        Int128 there = storage.Type is null ? storage.ElementCount / type.BlockBytes : storage.ElementCount;
        if (elements == 0 ? offset > there : last >= there)
        {
            throw PickleFault.BadTensor(Invariant($"a tensor ends at element {last + 1:N0} of its storage, which has {there:N0}"));
        }

        if (elements > there && elements * type.BlockBytes > MostExpandedBytes)
        {
            throw PickleFault.BadTensor(
                Invariant($"{there:N0} elements are expanded to {elements:N0}; at most {MostExpandedBytes:N0} bytes are"));
        }
    }
}
