using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

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

    /// <summary>These rows with others behind them; a single row stands before each of them.</summary>
    public TokenRows Join(TokenRows after) => (Positions ?? Branches ?? after.Positions ?? after.Branches) is null
        ? new TokenRows(Join(Ids, after.Ids))
        : new TokenRows(
            Join(Ids, after.Ids), Join(Positions ?? PlacesOfAll(0), after.Positions ?? after.PlacesOfAll(Width)),
            Join(Branches ?? zeros_like(Ids), after.Branches ?? zeros_like(after.Ids)));

    /// <summary>The tokens' places in a row, int64 of <c>[tokens]</c>.</summary>
    /// <param name="first">That of the first.</param>
    public Tensor Places(long first) => tensor([.. Enumerable.Range(0, (int)Width).Select(place => first + place)], device: Ids.device);

    /// <summary>The same with tensors of its own, which belong to no dispose scope.</summary>
    public TokenRows Copy() => new(
        Ids.clone().DetachFromDisposeScope(), Positions?.clone().DetachFromDisposeScope(), Branches?.clone().DetachFromDisposeScope());

    /// <summary>Disposes the tensors.</summary>
    public void Release()
    {
        Ids.Dispose();
        Positions?.Dispose();
        Branches?.Dispose();
    }

    private static Tensor Join(Tensor before, Tensor after) => cat([before.expand(after.shape[0], -1), after], 1);

    private Tensor PlacesOfAll(long first) => Places(first).expand(Count, -1);
}
