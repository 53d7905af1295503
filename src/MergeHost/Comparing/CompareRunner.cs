using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running.Scheduling;
using MergeHost.Scoring;

namespace MergeHost.Comparing;

/// <summary>Compares checkpoints of one architecture, all pairs at once; each is read once.</summary>
/// <param name="models">The models, the base first if there is one.</param>
/// <param name="hasBase">Whether the others were trained on from the first; what adapters change has none.</param>
internal sealed class CompareRunner(IReadOnlyList<InputModel> models, bool hasBase)
{
    private readonly bool _areChanges = models[0].IsChange;

    /// <summary>Compares them.</summary>
    /// <exception cref="CheckpointException">The models do not belong together, or a tensor cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ComparisonReport Run(MergeOptions options, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        List<ComparedPair> pairs = Pairs();
        List<ComparedTensor> tensors = Tensors();
        CompareTask[] tasks = [.. tensors.Select(tensor => new CompareTask(tensor, pairs, hasBase, cancellation))];
        long total = tensors.Sum(Bytes);
        (int Tensors, long Bytes) done = default;
        new BlockScheduler(options.Threads, options.TensorBytes, cancellation).Run(tasks, task =>
        {
            done = (done.Tensors + 1, done.Bytes + Bytes(((CompareTask)task).Tensor));
            progress?.Report(new MergeProgress(null, done.Bytes, total, done.Tensors, tasks.Length));
        });
        return new ComparisonReport(
            hasBase ? models[0].Name : null,
            [.. models.Skip(hasBase ? 1 : 0).Select(model => model.Name)],
            [.. pairs.Select((pair, index) => Report(pair, tasks, index))],
            [.. models[^1].Stored.Select(tensor => tensor.Name).Except(tensors.Select(tensor => tensor.Name))]);
    }

    private List<ComparedPair> Pairs() =>
    [
        .. from a in Enumerable.Range(0, models.Count)
           from b in Enumerable.Range(a + 1, models.Count - a - 1)
           select new ComparedPair(a, b, HasTaskVectors: _areChanges || (hasBase && a > 0)),
    ];

    // Those that all models have in one shape; whole numbers and types that cannot be read have no distance.
    private List<ComparedTensor> Tensors()
    {
        if (_areChanges)
        {
            return Changed();
        }

        InputModel last = models[^1];
        List<HashSet<string>> shared = [.. models.SkipLast(1)
            .Select(model => PairMapper.Map(model, last).Select(pair => pair.Name).ToHashSet())];
        return
        [
            .. last.Stored.Where(tensor => shared.TrueForAll(names => names.Contains(tensor.Name)))
                .Select(tensor => new ComparedTensor(tensor.Name, tensor.ElementCount,
                    [.. models.Select(model => new InputTensor(model, model.Tensors[tensor.Name]))]))
                .Where(tensor => tensor.Inputs.All(input => DTypeConversion.CanDecode(input!.Tensor.DType))),
        ];
    }

    // What one adapter changes and another does not is zero there.
    private List<ComparedTensor> Changed()
    {
        List<ComparedTensor> tensors = [];
        foreach (IGrouping<string, InputTensor> group in models.SelectMany(model =>
            model.Stored.Select(tensor => new InputTensor(model, tensor))).GroupBy(input => input.Tensor.Name))
        {
            InputTensor first = group.First();
            if (group.FirstOrDefault(input => input.Tensor.Shape != first.Tensor.Shape) is { } other)
            {
                throw new MergeHostException([new Problem(ErrorCodes.ShapeMismatch,
                    $"tensor '{group.Key}': shape {other.Tensor.Shape} in '{other.Model.Name}', {first.Tensor.Shape} in "
                        + $"'{first.Model.Name}'", "Compare adapters of one base.")]);
            }

            tensors.Add(new ComparedTensor(group.Key, first.Tensor.ElementCount,
                [.. models.Select(model => group.FirstOrDefault(input => input.Model == model))]));
        }

        return tensors;
    }

    private static long Bytes(ComparedTensor tensor) => tensor.Inputs.Sum(input => input?.Tensor.LengthBytes ?? 0);

    private PairComparison Report(ComparedPair pair, CompareTask[] tasks, int index)
    {
        Distance whole = Sum(tasks.Select(task => task.Sums[index]), pair);
        return new PairComparison(
            models[pair.A].Name, models[pair.B].Name, whole,
            [
                .. tasks.Where(task => LayerTensorName.Parse(task.Tensor.Name) is not null)
                    .GroupBy(task => LayerTensorName.Parse(task.Tensor.Name)!.Value.Layer)
                        .OrderBy(layer => layer.Key)
                        .Select(layer => new LayerDistance(layer.Key, Sum(layer.Select(task => task.Sums[index]), pair))),
            ],
            [.. tasks.Select(task => new TensorDistance(task.Tensor.Name, task.Sums[index].ToDistance(pair.HasTaskVectors),
                task.Angles[index]))],
            _areChanges ? [] : ComparisonMarks.Of(whole));
    }

    private static Distance Sum(IEnumerable<PairSums> parts, ComparedPair pair)
    {
        PairSums total = new();
        foreach (PairSums part in parts)
        {
            total.Add(part);
        }

        return total.ToDistance(pair.HasTaskVectors);
    }
}
