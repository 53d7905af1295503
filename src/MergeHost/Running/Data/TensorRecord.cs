namespace MergeHost.Running.Data;

/// <summary>What is noted of a tensor that is done.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Digest">The digest of its bytes.</param>
/// <param name="NonFinite">How many of its elements are NaN or infinite.</param>
/// <param name="Inputs">The digests of what was read for it: of the base first, then of the sources, or of the one that was copied.</param>
/// <param name="Parts">The digests of the parts that it is stored in, if it is packed.</param>
/// <param name="Figures">What a builder noted of it, by name.</param>
internal sealed record TensorRecord(
    string Name, string Digest, long NonFinite, IReadOnlyList<string> Inputs, IReadOnlyList<string>? Parts = null,
    IReadOnlyDictionary<string, double>? Figures = null)
{
    /// <summary>The digests of the tensors that are stored.</summary>
    public IReadOnlyList<string> Stored => Parts ?? [Digest];
}
