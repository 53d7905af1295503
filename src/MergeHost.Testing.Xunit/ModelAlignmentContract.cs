using MergeHost.Alignments;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="AlignmentConformance"/>; the tests of an alignment inherit it.</summary>
/// <typeparam name="TAlignment">The alignment.</typeparam>
public abstract class ModelAlignmentContract<TAlignment>() : AlignmentConformance(new TAlignment())
    where TAlignment : IModelAlignment, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(ModelAlignmentContract<TAlignment>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
