namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>A tensor whose rows are those of the output's tokens.</summary>
internal interface ITokenRows
{
    /// <summary>The tensor as it is given.</summary>
    TensorInfo Info { get; }

    /// <summary>Reads a run of elements; from several threads at once.</summary>
    void Read(long firstElement, Span<byte> destination);
}
