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

    // Two sources and a result take 12 KB in float32, which stay in a core's first cache.
    public override int PartElements => 1024;

    public override ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output) =>
        ElementwiseLoop.Bind(treatment, lanes, input, output);
}
