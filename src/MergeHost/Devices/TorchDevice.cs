using MergeHost.Algebra;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Strategies;
using MergeHost.Torch;

namespace MergeHost.Devices;

/// <summary>A GPU, or the processor in its place, by libtorch.</summary>
internal sealed class TorchDevice : ComputeDevice
{
    private readonly DeviceSpec _device;

    /// <exception cref="MergeHostException">MH3008: the device, or libtorch, is not there.</exception>
    public TorchDevice(DeviceSpec device)
    {
        TorchLibrary.Require(device);
        _device = device;
        Algebra = new TorchLinearAlgebra(device);
    }

    public override ILinearAlgebra Algebra { get; }

    // Each call has its cost.
    public override int PartElements => int.MaxValue;

    /// <summary>Whether there is a GPU that libtorch can use.</summary>
    public static bool HasCuda()
    {
        try
        {
            TorchLibrary.Require(new DeviceSpec(DeviceKind.Cuda));
            return true;
        }
        catch (MergeHostException)
        {
            return false;
        }
    }

    public override ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output) =>
        TorchElementwise.Bind(treatment, _device, input, output);
}
