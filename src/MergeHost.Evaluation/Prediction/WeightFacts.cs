using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Comparing;
using MergeHost.Devices;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Selection;
using MergeHost.Models;
using MergeHost.Reports;

namespace MergeHost.Evaluation.Prediction;

/// <summary>What the weights of a base and of some experts tell of each expert and of each two:
/// found once, for all merges of them.</summary>
internal sealed class WeightFacts
{
    private const int BlockElements = 1 << 22;
    private const int TopShare = 10;

    private readonly IReadOnlyList<InputModel> _models;
    private readonly PairComparison[,] _pairs;
    private readonly Mean[,] _overlaps;
    private readonly Mean[,] _spaces;
    private readonly Mean[] _stableRanks;
    private readonly MagnitudeSelection _selection = new();
    private readonly uint[] _counts = new uint[MagnitudeSelection.Bins];

    /// <param name="base">The base.</param>
    /// <param name="experts">The experts, at least two.</param>
    /// <param name="options">Where and with how many threads.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">The models do not belong together, or a tensor cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public WeightFacts(InputModel @base, IReadOnlyList<InputModel> experts, MergeOptions options, CancellationToken cancellation)
    {
        _models = [@base, .. experts];
        _pairs = Compare(_models, options, cancellation);
        (_overlaps, _spaces, _stableRanks) = (Means(experts.Count), Means(experts.Count), [.. experts.Select(_ => new Mean())]);
        ILinearAlgebra algebra = ComputeDevice.Create(options, long.MaxValue).Algebra;
        foreach (TensorInfo tensor in @base.Stored.Where(IsShared))
        {
            cancellation.ThrowIfCancellationRequested();
            AddOverlaps(tensor);
            if (LayerTensorName.Parse(tensor.Name) is not null && tensor.Shape.Rank == 2 && tensor.Shape[0] > 1 && tensor.Shape[1] > 1)
            {
                AddSpaces(tensor, algebra);
            }
        }
    }

    /// <summary>The features of a merge.</summary>
    /// <param name="merged">The indices of its experts.</param>
    /// <param name="merge">The merge itself.</param>
    /// <param name="options">With how many threads.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public Dictionary<string, double> Of(IReadOnlyList<int> merged, ICheckpointReader merge, MergeOptions options,
        CancellationToken cancellation)
    {
        (int A, int B)[] pairs = [.. from a in merged from b in merged where a < b select (a, b)];
        double[] lengths = [.. merged.Select(Length)];
        Distance[] learned = [.. pairs.Select(pair => _pairs[pair.A + 1, pair.B + 1].Whole)];
        InputModel made = InputModel.Make("merge", "", merge.Tensors, merge.Companions, () => merge);
        PairComparison[,] own = Compare([_models[0], .. merged.Select(index => _models[index + 1]), made], options, cancellation);
        double step = own[0, merged.Count + 1].Whole.L2;
        return new Dictionary<string, double?>
        {
            [FeatureNames.Experts] = merged.Count,
            [FeatureNames.Change] = lengths.Average() / _pairs[0, 1].Whole.NormA,
            [FeatureNames.Imbalance] = lengths.Max() / lengths.Min(),
            [FeatureNames.Cosine] = learned.Average(pair => pair.TaskVectors!.Cosine),
            [FeatureNames.Conflict] = learned.Average(pair => pair.TaskVectors!.SignConflictRate),
            [FeatureNames.Overlap] = pairs.Average(pair => _overlaps[pair.A, pair.B].Value),
            [FeatureNames.Subspace] = pairs.Average(pair => _spaces[pair.A, pair.B].Value),
            [FeatureNames.StableRank] = merged.Average(index => _stableRanks[index].Value),
            [FeatureNames.Step] = step / lengths.Average(),
            [FeatureNames.KeptLeast] = merged.Index()
                .Min(expert => own[expert.Index + 1, merged.Count + 1].Whole.TaskVectors!.Cosine * step / Length(expert.Item)),
        }.Where(feature => feature.Value is { } value && double.IsFinite(value))
            .ToDictionary(feature => feature.Key, feature => feature.Value!.Value);
    }

    private double Length(int expert) => _pairs[0, expert + 1].Whole.L2;

    private static PairComparison[,] Compare(IReadOnlyList<InputModel> models, MergeOptions options, CancellationToken cancellation)
    {
        PairComparison[,] pairs = new PairComparison[models.Count, models.Count];
        IEnumerator<PairComparison> found = new CompareRunner(models, hasBase: true).Run(options, progress: null, cancellation).Pairs
            .GetEnumerator();
        for (int a = 0; a < models.Count; a++)
        {
            for (int b = a + 1; b < models.Count && found.MoveNext(); b++)
            {
                pairs[a, b] = found.Current;
            }
        }

        return pairs;
    }

    private bool IsShared(TensorInfo tensor) => _models.All(model =>
        model.Tensors.TryGetValue(tensor.Name, out TensorInfo? own) && own.Shape.Equals(tensor.Shape)
            && DTypeConversion.CanDecode(own.DType));

    // Block by block, so that memory does not grow with the tensor.
    private void AddOverlaps(TensorInfo tensor)
    {
        for (long first = 0; first < tensor.ElementCount; first += BlockElements)
        {
            int count = (int)Math.Min(BlockElements, tensor.ElementCount - first);
            float[][] changes = TaskVectors(tensor, first, count);
            float[] thresholds = [.. changes.Select(Threshold)];
            for (int a = 0; a < changes.Length; a++)
            {
                for (int b = a + 1; b < changes.Length; b++)
                {
                    if (Math.Min(Count(changes[a], thresholds[a]), Count(changes[b], thresholds[b])) is > 0 and var most)
                    {
                        _overlaps[a, b].Add((double)Common(changes[a], thresholds[a], changes[b], thresholds[b]) / most, count);
                    }
                }
            }
        }
    }

    private float[][] TaskVectors(TensorInfo tensor, long first, int count)
    {
        float[] before = Read(_models[0], tensor.Name, first, count);
        return
        [
            .. _models.Skip(1).Select(model =>
            {
                float[] change = Read(model, tensor.Name, first, count);
                TensorPrimitives.Subtract(change, before, change);
                return change;
            }),
        ];
    }

    private static float[] Read(InputModel model, string tensor, long first, int count)
    {
        float[] values = new float[count];
        model.Open().ReadSingle(model.Tensors[tensor], first, values);
        return values;
    }

    // The magnitude of the last of the tenth that moved most; what did not move is not among them.
    private float Threshold(float[] change)
    {
        _selection.Begin(units: 1);
        while (_selection.Pass < 2)
        {
            _selection.Count(change, _counts);
            _selection.Add(_counts);
            _selection.EndPass((change.Length + TopShare - 1) / TopShare);
        }

        return Math.Max(float.Epsilon, _selection.Cut.Threshold);
    }

    private static int Count(float[] change, float threshold)
    {
        int count = 0;
        foreach (float value in change)
        {
            count += MathF.Abs(value) >= threshold ? 1 : 0;
        }

        return count;
    }

    private static int Common(float[] a, float thresholdA, float[] b, float thresholdB)
    {
        int count = 0;
        for (int i = 0; i < a.Length; i++)
        {
            count += MathF.Abs(a[i]) >= thresholdA & MathF.Abs(b[i]) >= thresholdB ? 1 : 0;
        }

        return count;
    }

    private void AddSpaces(TensorInfo tensor, ILinearAlgebra algebra)
    {
        (int rows, int columns) = (checked((int)tensor.Shape[0]), checked((int)tensor.Shape[1]));
        float[] before = Read(_models[0], tensor.Name, 0, rows * columns);
        LeadingSpace?[] spaces = new LeadingSpace?[_models.Count - 1];
        for (int expert = 0; expert < spaces.Length; expert++)
        {
            float[] change = Read(_models[expert + 1], tensor.Name, 0, rows * columns);
            TensorPrimitives.Subtract(change, before, change);
            spaces[expert] = LeadingSpace.Of(new Matrix<float>(rows, columns, change), algebra);
            if (spaces[expert] is { } own)
            {
                _stableRanks[expert].Add(own.StableRank, 1);
            }

            for (int other = 0; other < expert; other++)
            {
                if (spaces[other] is { } earlier && spaces[expert] is { } later)
                {
                    _spaces[other, expert].Add(earlier.SharedWith(later, algebra), 1);
                }
            }
        }
    }

    private static Mean[,] Means(int count)
    {
        Mean[,] means = new Mean[count, count];
        for (int i = 0; i < means.Length; i++)
        {
            means[i / count, i % count] = new Mean();
        }

        return means;
    }

    private sealed class Mean
    {
        private double _sum;
        private double _weight;

        /// <summary>The mean, or <see langword="null"/> of nothing.</summary>
        public double? Value => _weight == 0 ? null : _sum / _weight;

        public void Add(double value, double weight)
        {
            _sum += value * weight;
            _weight += weight;
        }
    }
}
