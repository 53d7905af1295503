using MergeHost.Kernels.Vectors;

namespace MergeHost.Running;

/// <summary>One pass of measurements over a tensor; everything that is to be measured of it is measured together.</summary>
internal sealed class MeasurePhase(TensorData data, IReadOnlyList<(Measurement Measurement, MeasuredPart Part)> measurements) : ITensorPhase
{
    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        KernelRun run = data.Load(block, worker);
        foreach ((Measurement measurement, MeasuredPart part) in measurements)
        {
            measurement.Measure(part, block, run, worker);
        }
    }
}
