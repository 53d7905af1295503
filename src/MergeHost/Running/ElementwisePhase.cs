using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Running;

/// <summary>Makes a tensor by a formula.</summary>
internal sealed unsafe class ElementwisePhase(TensorData data, ElementwiseTreatment treatment, string tensor, TensorOutput output, RunContext context)
    : ITensorPhase
{
    private readonly ElementwiseFunction _function = context.Device.Bind(treatment, data.Format, output.Format);
    private readonly KernelFeed _feed = new(treatment.Parameters, context.Options.Seed, tensor);

    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        KernelRun run = data.Load(block, worker);
        byte* results = output.Buffer(worker, (int)run.Count);
        _feed.ForEach(run, data.FirstElement(block), worker, stretch => _function(stretch, results));
        output.Write(data.FirstElement(block), (int)run.Count, worker);
    }
}
