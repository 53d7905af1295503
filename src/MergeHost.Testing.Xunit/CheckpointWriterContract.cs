using MergeHost.Checkpoints;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="WriterConformance"/>; the tests of a format that is also written inherit it.</summary>
/// <typeparam name="TFormat">The format.</typeparam>
public abstract class CheckpointWriterContract<TFormat>() : WriterConformance(new TFormat())
    where TFormat : IWritableCheckpointFormat, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(CheckpointWriterContract<TFormat>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
