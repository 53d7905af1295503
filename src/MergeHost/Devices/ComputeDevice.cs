using MergeHost.Algebra;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Strategies;

namespace MergeHost.Devices;

/// <summary>Where arithmetic is done: runs kernels and matrix operations.</summary>
internal abstract class ComputeDevice
{
    /// <summary>Makes a device ready.</summary>
    /// <param name="options">Which device, and with how many threads and how much memory.</param>
    /// <param name="largestBytes">What the largest task with matrices needs; 0 if there are none.</param>
    /// <exception cref="MergeHostException">MH3008: the device, or the library it needs, is not there.</exception>
    public static ComputeDevice Create(MergeOptions options, long largestBytes) => options.Device.Kind switch
    {
        DeviceKind.Cpu => new CpuDevice(options.Lanes, ThreadsOfEach(options, largestBytes)),
        _ => new TorchDevice(options.Device),
    };

    // Where memory holds fewer of the largest tensors than there are threads, each gets several; that changes no bit.
    private static int ThreadsOfEach(MergeOptions options, long largestBytes)
    {
        int threads = Math.Min(options.Threads, Environment.ProcessorCount);
        return (int)(threads / Math.Clamp(options.TensorBytes / Math.Max(1, largestBytes), 1, threads));
    }

    /// <summary>The device of a name, or, for <c>auto</c>, a GPU if there is one and the processor if not.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static DeviceSpec Resolve(string name)
    {
        if (name == "auto")
        {
            return TorchDevice.HasCuda() ? new DeviceSpec(DeviceKind.Cuda) : default;
        }

        return DeviceSpec.TryParse(name, out DeviceSpec device)
            ? device
            : throw new ArgumentException($"'{name}' is not a device", nameof(name));
    }

    /// <summary>Matrix operations.</summary>
    public abstract ILinearAlgebra Algebra { get; }

    /// <summary>How many elements are best converted, worked on and stored at a time.</summary>
    public abstract int PartElements { get; }

    /// <summary>Prepares a kernel for the device.</summary>
    public abstract ElementwiseFunction Bind(ElementwiseTreatment treatment, ElementFormat input, ElementFormat output);
}
