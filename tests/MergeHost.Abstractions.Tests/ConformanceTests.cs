using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Scoring;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Tests;

/// <summary>Implementations that break their contracts, each in one way, are found.</summary>
public sealed class ConformanceTests
{
    [Fact]
    public void Check_OfAStrategyThatIgnoresTheBase_NamesTheLaw() =>
        Assert.Equal([nameof(StrategyConformance.Merge_OfSourcesEqualToTheBase_IsTheBase)],
            StrategyConformance.Check(new DoublingStrategy()).Select(violation => violation.Law));

    [Fact]
    public void Check_OfAStrategyThatIsExcepted_LeavesTheLawOut() =>
        Assert.Empty(new StrategyConformance(new DoublingStrategy())
        {
            Except = [nameof(StrategyConformance.Merge_OfSourcesEqualToTheBase_IsTheBase)]
        }.Check());

    [Fact]
    public void Check_OfAStrategyThatThrows_HasTheExceptionInEveryLawThatMerges()
    {
        IReadOnlyList<Violation> violations = StrategyConformance.Check(new ThrowingStrategy());
        Assert.Contains(violations, violation => violation.Law == nameof(StrategyConformance.Merge_OfFiniteTensors_IsFinite));
        Assert.All(violations, violation => Assert.Contains("DivideByZeroException", violation.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Check_OfAScorerThatDividesByZero_NamesTheScore()
    {
        Violation violation = Assert.Single(ScorerConformance.Check(new RatioScorer()));
        Assert.Equal(nameof(ScorerConformance.Score_OfWhatDidNotChangeOrIsZero_IsFiniteOrNone), violation.Law);
        Assert.Equal("the score is ∞", violation.Message.Replace("Infinity", "∞", StringComparison.Ordinal));
    }

    [Fact]
    public void Check_OfATransformThatKeepsItsInputOpen_NamesTheLaw() =>
        Assert.Equal([nameof(TransformConformance.Dispose_OfTheResult_DisposesTheCheckpoint)],
            TransformConformance.Check(new LeakingTransform()).Select(violation => violation.Law));

    [Fact]
    public void Check_OfABenchmarkThatDoesNotStop_NamesTheLaw() =>
        Assert.Equal([nameof(BenchmarkConformance.Run_WhenAskedToStop_Stops)],
            BenchmarkConformance.Check(new DeafBenchmark()).Select(violation => violation.Law));

    [Fact]
    public void Check_OfALawThatThereIsNot_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new StrategyConformance(new DoublingStrategy()).Check("Merge"));

    public sealed record NoOptions;

    [MergeStrategy("doubling", Base = BaseUse.Required, MaxSources = 1)]
    public sealed class DoublingStrategy : IMergeStrategy<NoOptions>
    {
        public Treatment Merge(TensorGroup<NoOptions> group) => Treatment.Matrix((tensors, _) =>
        {
            for (int i = 0; i < tensors.Result.Elements.Length; i++)
            {
                tensors.Result.Elements.Span[i] = 2 * tensors.Sources[0].Elements.Span[i];
            }
        });
    }

    [MergeStrategy("throwing")]
    public sealed class ThrowingStrategy : IMergeStrategy<NoOptions>
    {
        public Treatment Merge(TensorGroup<NoOptions> group) => throw new DivideByZeroException();
    }

    public sealed class RatioScorer : ILayerScorer<NoOptions>
    {
        public LayerScore Score(ILayerTensors layer, NoOptions options, Algebra.ILinearAlgebra algebra, CancellationToken cancellation) =>
            new(1 + (layer.Get(LayerMatrix.Adapted).Elements.Span[0] / layer.Get(LayerMatrix.Base).Elements.Span[0]));
    }

    public sealed class LeakingTransform : ICheckpointTransform<NoOptions>
    {
        public ICheckpointReader Apply(ICheckpointReader checkpoint, NoOptions options, TransformContext context) => new Copy(checkpoint);

        private sealed class Copy(ICheckpointReader source) : ICheckpointReader
        {
            public IReadOnlyList<TensorInfo> Tensors => source.Tensors;

            public IReadOnlyList<CompanionFile> Companions => source.Companions;

            public IReadOnlyList<string> WeightFiles => source.WeightFiles;

            public IReadOnlyList<Problem> Warnings => source.Warnings;

            public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
                source.Read(tensor, firstElement, destination);

            public void Dispose()
            {
            }
        }
    }

    public sealed class DeafBenchmark : IBenchmark<NoOptions>
    {
        public BenchmarkResult Run(ICheckpointReader checkpoint, NoOptions options, BenchmarkContext context) =>
            new([new TaskResult("tensors", "count", checkpoint.Tensors.Count, [new ItemScore("all", checkpoint.Tensors.Count)])]);
    }
}
