using MergeHost.Runtimes;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="RuntimeConformance"/>; the tests of a runtime inherit it.</summary>
/// <typeparam name="TRuntime">The runtime.</typeparam>
public abstract class ModelRuntimeContract<TRuntime>() : RuntimeConformance(new TRuntime())
    where TRuntime : IModelRuntime, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(ModelRuntimeContract<TRuntime>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
