using System.Collections;
using System.Runtime.CompilerServices;

namespace MergeHost;

/// <summary>The extents of a tensor, outermost first: <c>[out, in]</c> for a weight matrix, <c>[]</c> for a scalar.</summary>
[CollectionBuilder(typeof(TensorShape), nameof(Create))]
public readonly struct TensorShape : IEquatable<TensorShape>, IReadOnlyList<long>
{
    private readonly long[]? _extents;

    private TensorShape(long[] extents, long elementCount)
    {
        _extents = extents;
        ElementCount = elementCount;
    }

    /// <summary>The product of the extents; 1 for a scalar, also for <see langword="default"/>.</summary>
    public long ElementCount => _extents is null ? 1 : field;

    /// <summary>The length of a row: the innermost extent; 1 for a scalar.</summary>
    public long RowLength => Rank == 0 ? 1 : _extents![^1];

    /// <summary>The number of extents.</summary>
    public int Rank => _extents?.Length ?? 0;

    int IReadOnlyCollection<long>.Count => Rank;

    /// <summary>The extent at <paramref name="index"/>, 0 being the outermost.</summary>
    public long this[int index] => (_extents ?? [])[index];

    /// <summary>Makes a shape from its extents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    /// <exception cref="OverflowException">The product of the extents does not fit 63 bits.</exception>
    public static TensorShape Create(ReadOnlySpan<long> extents)
    {
        long elementCount = 1;
        bool isEmpty = false;
        foreach (long extent in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(extents));
            isEmpty |= extent == 0;
            elementCount = checked(elementCount * Math.Max(extent, 1));
        }

        return new TensorShape(extents.ToArray(), isEmpty ? 0 : elementCount);
    }

    /// <summary>Whether both shapes have the same extents in the same order.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether the shapes differ in any extent.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => (_extents ?? []).AsSpan().SequenceEqual(other._extents ?? []);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, ElementCount);

    /// <summary>The extents in brackets, such as <c>[14336, 4096]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _extents ?? [])}]";

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)(_extents ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
