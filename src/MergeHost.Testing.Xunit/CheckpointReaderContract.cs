using MergeHost.Checkpoints;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="ReaderConformance"/>; the tests of a format that is read only inherit it.</summary>
/// <typeparam name="TFormat">The format.</typeparam>
public abstract class CheckpointReaderContract<TFormat>() : ReaderConformance(new TFormat())
    where TFormat : ICheckpointFormat, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(CheckpointReaderContract<TFormat>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
