using MergeHost.Algebra;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Devices;

/// <summary>The processor, by our own kernels.</summary>
internal sealed class CpuDevice(LaneWidth lanes) : ComputeDevice
{
    public override ILinearAlgebra Algebra => throw new NotSupportedException();

    public override ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output) =>
        ElementwiseLoop.Bind(treatment, lanes, input, output);
}
