using MergeHost.Checkpoints;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="StoreConformance"/>; the tests of a store inherit it.</summary>
/// <typeparam name="TStore">The store.</typeparam>
public abstract class CheckpointStoreContract<TStore>() : StoreConformance(new TStore())
    where TStore : ICheckpointStore, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(CheckpointStoreContract<TStore>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
