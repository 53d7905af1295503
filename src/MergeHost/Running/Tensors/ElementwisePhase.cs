using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Tensors;

/// <summary>Makes a tensor by a formula.</summary>
internal sealed unsafe class ElementwisePhase(TensorData data, ElementwiseTreatment treatment, string tensor, TensorOutput output,
    RunContext context)
    : ITensorPhase
{
    private readonly ElementwiseFunction _function = context.Device.Bind(treatment, data.Format, output.Format);
    private readonly KernelFeed _feed = new(treatment.Parameters, context.Options, tensor, data);

    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        data.LoadStored(block, worker);
        data.Guard(() =>
        {
            foreach (BlockPart part in data.Parts(block))
            {
                byte* results = output.Buffer(part, worker);
                _feed.ForEach(data.Decode(part, worker), part.FirstElement, worker, stretch => _function(stretch, results));
                output.Take(part, worker);
            }
        });
        output.Write(data.Whole(block), worker);
    }
}
