using System.Buffers;
using MergeHost.Kernels.DTypes;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Comparing;

/// <summary>The comparison of one tensor of several models: each model is read once for all pairs.</summary>
internal sealed class CompareTask(ComparedTensor tensor, IReadOnlyList<ComparedPair> pairs, bool hasBase, CancellationToken cancellation)
    : IBlockTask, ITensorPhase
{
    private const int BlockElements = 16 * TensorDigest.UnitElements;
    private const int UnitElements = TensorDigest.UnitElements;

    private readonly PairSums[][] _blocks = new PairSums[(tensor.ElementCount + BlockElements - 1) / BlockElements][];
    private bool _isDone;

    public ComparedTensor Tensor => tensor;

    /// <summary>The sums of each pair, once the task is done.</summary>
    public PairSums[] Sums { get; } = [.. pairs.Select(_ => new PairSums())];

    /// <summary>The angles between the spaces of each pair, where both tensors are products of small rank, once the task is done.</summary>
    public SpaceAngles?[] Angles { get; } = new SpaceAngles?[pairs.Count];

    public ITensorPhase? Phase => _isDone ? null : this;

    public long NeededBytes => 0;

    public int BlockCount => _blocks.Length;

    public void Begin()
    {
    }

    public void Run(int block, BlockWorker worker)
    {
        PairSums[] sums = [.. pairs.Select(_ => new PairSums())];
        float[][] values = [.. tensor.Inputs.Select(_ => ArrayPool<float>.Shared.Rent(UnitElements))];
        float[] scratch = ArrayPool<float>.Shared.Rent(UnitElements);
        float[] nothing = hasBase ? [] : new float[UnitElements];
        long end = Math.Min(tensor.ElementCount, (block + 1L) * BlockElements);
        for (long first = (long)block * BlockElements; first < end; first += UnitElements)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(UnitElements, end - first);
            for (int model = 0; model < values.Length; model++)
            {
                Read(tensor.Inputs[model], first, values[model].AsSpan(0, count));
            }

            for (int pair = 0; pair < pairs.Count; pair++)
            {
                (int a, int b, bool hasTaskVectors) = pairs[pair];
                ReadOnlySpan<float> before = hasTaskVectors ? (hasBase ? values[0] : nothing).AsSpan(0, count) : [];
                sums[pair].Add(values[a].AsSpan(0, count), values[b].AsSpan(0, count), before, scratch);
            }
        }

        Array.ForEach(values, array => ArrayPool<float>.Shared.Return(array));
        ArrayPool<float>.Shared.Return(scratch);
        _blocks[block] = sums;
    }

    // In the order of the blocks, so that the sums do not depend on threads.
    public void Advance(BlockWorker worker)
    {
        foreach (PairSums[] block in _blocks)
        {
            for (int pair = 0; pair < Sums.Length; pair++)
            {
                Sums[pair].Add(block[pair]);
            }
        }

        SpannedSpace?[] spaces = [.. tensor.Inputs.Select(SpannedSpace.Of)];
        for (int pair = 0; pair < Sums.Length; pair++)
        {
            if (spaces[pairs[pair].A] is { } a && spaces[pairs[pair].B] is { } b)
            {
                Sums[pair].Add(Angles[pair] = a.AnglesWith(b));
            }
        }

        _isDone = true;
    }

    private static void Read(InputTensor? input, long first, Span<float> values)
    {
        if (input is null)
        {
            values.Clear();
        }
        else
        {
            input.Model.Open().ReadSingle(input.Tensor, first, values);
        }
    }
}
