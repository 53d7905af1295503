namespace Acme.Example;

/// <summary>Parameters of <c>example_id</c>.</summary>
public sealed record ExampleOptions
{
    /// <summary>What the names of the tensors that count end with.</summary>
    public string Suffix { get; init; } = ".weight";
}

/// <summary>The share of bytes of a checkpoint that are zero, tensor by tensor.</summary>
[Benchmark("example_id")]
public sealed class ExampleBenchmark : IBenchmark<ExampleOptions>
{
    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, ExampleOptions options, BenchmarkContext context)
    {
        List<ItemScore> scores = [];
        foreach (TensorInfo tensor in checkpoint.Tensors.Where(tensor => tensor.ElementCount > 0 && tensor.Name.EndsWith(options.Suffix, StringComparison.Ordinal)))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            byte[] data = new byte[tensor.LengthBytes];
            checkpoint.Read(tensor, 0, data);
            scores.Add(new ItemScore(tensor.Name, (double)data.Count(value => value == 0) / data.Length));
        }

        return scores.Count > 0 ? new BenchmarkResult([new TaskResult("zeros", "share", scores.Average(score => score.Score), scores)])
            : throw new MergeHostException([new Problem(ErrorCodes.BadTaskData, $"no tensor with elements has a name that ends with '{options.Suffix}'", "Name another suffix; `mergehost inspect CHECKPOINT --tensors` shows the names.")]);
    }
}
