using MergeHost.Scoring;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="ScorerConformance"/>; the tests of a scorer inherit it.</summary>
/// <typeparam name="TScorer">The scorer.</typeparam>
public abstract class LayerScorerContract<TScorer>() : ScorerConformance(new TScorer())
    where TScorer : ILayerScorer, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(LayerScorerContract<TScorer>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
