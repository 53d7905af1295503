using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Runtimes;
using MergeHost.Testing;

namespace MergeHost.LanguageModel.Tests;

/// <summary>The runtime and the benchmarks keep their contracts.</summary>
public sealed class ConformanceTests
{
    [TorchFact]
    public void TorchRuntime_KeepsItsContract() => Assert.Empty(new RuntimeLaws(new TorchRuntime()).Check());

    [TorchFact]
    public void PerplexityBenchmark_KeepsItsContract() => Assert.Empty(new PerplexityLaws().Check());

    private sealed class RuntimeLaws(IModelRuntime runtime) : RuntimeConformance(runtime)
    {
        protected override ICheckpointReader Open() => Fixtures.Family("base");
    }

    private sealed class PerplexityLaws() : BenchmarkConformance(new PerplexityBenchmark(new LanguageModelLoader()))
    {
        protected override object Options => new PerplexityOptions { Data = "japanese_finance.txt" };

        protected override string Folder => Path.Combine(Fixtures.Suites, "family");

        protected override ICheckpointReader Open() => Fixtures.Family("base");
    }
}
