using MergeHost.Strategies;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="StrategyConformance"/>; the tests of a strategy inherit it.</summary>
/// <typeparam name="TStrategy">The strategy.</typeparam>
public abstract class MergeStrategyContract<TStrategy>() : StrategyConformance(new TStrategy())
    where TStrategy : IMergeStrategy, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(MergeStrategyContract<TStrategy>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
