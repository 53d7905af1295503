using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Strategies;

namespace MergeHost.Devices;

/// <summary>The processor, by our own kernels.</summary>
/// <param name="lanes">The width of its lanes.</param>
/// <param name="threads">How many threads work on one matrix, beside those that work on other tensors.</param>
internal sealed class CpuDevice(LaneWidth lanes, int threads) : ComputeDevice
{
    public override ILinearAlgebra Algebra { get; } = new ManagedLinearAlgebra(threads);

    // Two sources and a result take 12 KB in float32, which stay in a core's first cache.
    public override int PartElements => 1024;

    public override ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output) =>
        ElementwiseLoop.Bind(treatment, lanes, input, output);
}
