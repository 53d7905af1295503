using System.Globalization;

namespace MergeHost;

/// <summary>Where arithmetic is done.</summary>
public enum DeviceKind
{
    /// <summary>The processor, by our own kernels.</summary>
    Cpu,

    /// <summary>The processor, by libtorch: for comparing with <see cref="Cuda"/> where there is no GPU.</summary>
    TorchCpu,

    /// <summary>An NVIDIA GPU, by libtorch.</summary>
    Cuda,
}

/// <summary>A device, as the command line names it: <c>cpu</c>, <c>torch-cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
/// <param name="Kind">The kind of device.</param>
/// <param name="Index">Which GPU, counted from 0; 0 for the processor.</param>
public readonly record struct DeviceSpec(DeviceKind Kind, int Index = 0)
{
    /// <summary>Reads a device's name.</summary>
    /// <returns>Whether <paramref name="text"/> names a device.</returns>
    public static bool TryParse(string text, out DeviceSpec device)
    {
        device = text switch
        {
            "torch-cpu" => new DeviceSpec(DeviceKind.TorchCpu),
            "cuda" => new DeviceSpec(DeviceKind.Cuda),
            _ => default,
        };
        if (text is "cpu" or "torch-cpu" or "cuda")
        {
            return true;
        }

        if (text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            device = new DeviceSpec(DeviceKind.Cuda, index);
            return true;
        }

        return false;
    }

    /// <summary>The device's name as the command line takes it.</summary>
    public override string ToString() => Kind switch
    {
        DeviceKind.TorchCpu => "torch-cpu",
        DeviceKind.Cuda => string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}"),
        _ => "cpu",
    };
}
