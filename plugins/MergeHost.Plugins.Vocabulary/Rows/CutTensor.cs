namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>The first rows of a tensor.</summary>
/// <param name="part">The tensor.</param>
/// <param name="rows">How many of its rows are given.</param>
internal sealed class CutTensor(ModelRows part, long rows) : ITokenRows
{
    /// <inheritdoc/>
    public TensorInfo Info { get; } = new(part.Name, part.Info.DType, part.Info.Shape.Rank == 1 ? [rows] : [rows, part.Info.Shape[1]]);

    /// <inheritdoc/>
    public void Read(long firstElement, Span<byte> destination) => part.Reader.Read(part.Info, firstElement, destination);
}
