using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Rows of tokens that a model reads at once.</summary>
/// <param name="Ids">The ids, int64 of <c>[batch, tokens]</c>. Padding on the right changes nothing of what stands before it.</param>
/// <param name="Positions">
/// How many tokens stand before each in its text, of the same extents; <see langword="null"/> where that is its place in the row.
/// </param>
/// <param name="Branches">
/// Which tokens belong together, of the same extents: a token sees those before it in its own branch, and in branch 0, which all
/// branches go on from. <see langword="null"/> where all are of one.
/// </param>
internal sealed record TokenRows(Tensor Ids, Tensor? Positions = null, Tensor? Branches = null)
{
    public long Count => Ids.shape[0];

    public long Width => Ids.shape[1];
}
