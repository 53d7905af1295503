using MergeHost.Benchmarks;
using Xunit;

namespace MergeHost.Testing;

/// <summary>A test for each law of <see cref="BenchmarkConformance"/>; the tests of a benchmark inherit it.</summary>
/// <typeparam name="TBenchmark">The benchmark.</typeparam>
public abstract class BenchmarkContract<TBenchmark>() : BenchmarkConformance(new TBenchmark())
    where TBenchmark : IBenchmark, new()
{
    /// <summary>The laws.</summary>
    public static TheoryData<string> Laws => [.. LawsOf(typeof(BenchmarkContract<TBenchmark>))];

    /// <summary>A law is kept.</summary>
    [Theory]
    [MemberData(nameof(Laws))]
    public void Law_OfTheContract_IsKept(string law) => Xunit.Assert.Null(Check(law));
}
