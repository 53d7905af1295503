using MergeHost.Algebra;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Two factors of a product of small depth, laid out for adding rows of the product.</summary>
internal sealed class PackedFactors
{
    private readonly Matrix<float> _left;
    private readonly float[] _right;

    private PackedFactors(Factors factors)
    {
        _left = factors.Left;
        _right = new float[RowProduct.PackedLength(factors.Rank, factors.Right.Columns)];
        RowProduct.Pack(factors.Right.Elements.Span, factors.Rank, factors.Right.Columns, _right);
    }

    public static IReadOnlyList<PackedFactors> Of(IReadOnlyList<Factors> factors) => [.. factors.Select(part => new PackedFactors(part))];

    /// <summary>Adds rows of the product.</summary>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="values">What they are added to.</param>
    /// <param name="columns">The length of a row.</param>
    public void Add(int firstRow, Span<float> values, int columns) =>
        RowProduct.AddPacked(_left.Elements.Span.Slice(firstRow * _left.Columns, values.Length / columns * _left.Columns), _right,
            _left.Columns, values, columns);
}
