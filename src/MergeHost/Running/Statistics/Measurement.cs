using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>A statistic that is being measured over one tensor, or over several as if they were one.</summary>
internal abstract class Measurement
{
    /// <summary>Whether the result is there.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Measures a block in the pass that is due; different blocks from several threads at once.</summary>
    /// <param name="part">The tensor.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="run">The block's elements.</param>
    /// <param name="worker">Has the buffers.</param>
    public abstract void Measure(MeasuredPart part, int block, in KernelRun run, BlockWorker worker);

    /// <summary>Ends a pass that has seen every block of every part.</summary>
    /// <param name="worker">Has the buffers.</param>
    public abstract void EndPass(BlockWorker worker);

    /// <summary>The result, once it is there, or as an earlier run found it.</summary>
    /// <exception cref="NotSupportedException">The statistic is never taken over a model.</exception>
    public virtual MeasuredResult Result
    {
        get => throw new NotSupportedException($"{GetType().Name} is not kept");
        set => throw new NotSupportedException($"{GetType().Name} is not kept");
    }

    /// <summary>What the statistic is for one of the parts.</summary>
    public abstract object ResultFor(MeasuredPart part);
}

/// <summary>A tensor over which a statistic is taken.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="Data">Its inputs.</param>
/// <param name="Statistic">What its strategy asked for.</param>
/// <param name="FirstUnit">The number of its first unit among those of all parts.</param>
internal sealed record MeasuredPart(string Tensor, TensorData Data, Statistic Statistic, int FirstUnit)
{
    public int Units => TensorDigest.UnitsOf(Data.ElementCount);
}
