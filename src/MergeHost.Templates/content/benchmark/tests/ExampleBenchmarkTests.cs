using MergeHost;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every benchmark must do, and what this one must do besides.</summary>
public sealed class ExampleBenchmarkTests : BenchmarkContract<ExampleBenchmark>
{
    [Fact]
    public void Run_OfHalfZeros_IsOneHalf()
    {
        BenchmarkResult result = new ExampleBenchmark().Run(new Halves(), new ExampleOptions(), new BenchmarkContext { Folder = "" });
        Assert.Equal(0.5, Assert.Single(result.Tasks).Value);
    }

    /// <summary>A checkpoint of one tensor, every second byte of which is zero.</summary>
    private sealed class Halves : ICheckpointReader
    {
        public IReadOnlyList<TensorInfo> Tensors { get; } = [new("a.weight", DType.BF16, [4])];

        public IReadOnlyList<CompanionFile> Companions => [];

        public IReadOnlyList<string> WeightFiles => [];

        public IReadOnlyList<Problem> Warnings => [];

        public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (byte)(i & 1);
            }
        }

        public void Dispose()
        {
        }
    }
}
