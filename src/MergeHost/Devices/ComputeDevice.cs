using MergeHost.Algebra;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Devices;

/// <summary>Where arithmetic is done: runs kernels and matrix operations.</summary>
internal abstract class ComputeDevice
{
    /// <summary>Makes a device ready.</summary>
    /// <param name="device">Which device.</param>
    /// <param name="lanes">The width of the processor's lanes.</param>
    /// <exception cref="MergeHostException">MH3008: the device, or the library it needs, is not there.</exception>
    public static ComputeDevice Create(DeviceSpec device, LaneWidth lanes) => device.Kind switch
    {
        DeviceKind.Cpu => new CpuDevice(lanes),
        _ => new TorchDevice(device),
    };

    /// <summary>The device of a name, or, for <c>auto</c>, a GPU if there is one and the processor if not.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static DeviceSpec Resolve(string name)
    {
        if (name == "auto")
        {
            return TorchDevice.HasCuda() ? new DeviceSpec(DeviceKind.Cuda) : default;
        }

        return DeviceSpec.TryParse(name, out DeviceSpec device) ? device : throw new ArgumentException($"'{name}' is not a device", nameof(name));
    }

    /// <summary>Matrix operations.</summary>
    public abstract ILinearAlgebra Algebra { get; }

    /// <summary>How many elements are best converted, worked on and stored at a time.</summary>
    public abstract int PartElements { get; }

    /// <summary>Prepares a kernel for the device.</summary>
    public abstract ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output);
}
