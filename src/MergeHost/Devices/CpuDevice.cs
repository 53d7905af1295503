using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Devices;

/// <summary>The processor, by our own kernels.</summary>
internal sealed class CpuDevice(LaneWidth lanes) : ComputeDevice
{
    // One thread, since several tensors are worked on at once.
    public override ILinearAlgebra Algebra { get; } = new ManagedLinearAlgebra(threads: 1);

    // What two sources and a result take in float32 stays in the caches of a core.
    public override int PartElements => 1024;

    public override ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output) =>
        ElementwiseLoop.Bind(treatment, lanes, input, output);
}
