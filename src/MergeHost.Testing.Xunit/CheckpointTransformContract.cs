using MergeHost.Checkpoints;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="TransformConformance"/>; the tests of a transform inherit it.</summary>
/// <typeparam name="TTransform">The transform.</typeparam>
public abstract class CheckpointTransformContract<TTransform>() : TransformConformance(new TTransform())
    where TTransform : ICheckpointTransform, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(CheckpointTransformContract<TTransform>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
