using MergeHost.Builders;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="BuilderConformance"/>; the tests of a builder inherit it.</summary>
/// <typeparam name="TBuilder">The builder.</typeparam>
public abstract class ModelBuilderContract<TBuilder>() : BuilderConformance(new TBuilder())
    where TBuilder : IModelBuilder, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(ModelBuilderContract<TBuilder>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
