using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Statistics;

/// <summary>One pass of measurements over a tensor; everything that is to be measured of it is measured together.</summary>
internal sealed class MeasurePhase(TensorData data, IReadOnlyList<(Measurement Measurement, MeasuredPart Part)> measurements) : ITensorPhase
{
    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        KernelRun run = data.Load(block, worker);
        data.Guard(() =>
        {
            foreach ((Measurement measurement, MeasuredPart part) in measurements)
            {
                measurement.Measure(part, block, run, worker);
            }
        });
    }
}
