using MergeHost.Strategies;
using TorchSharp;

namespace MergeHost.Torch;

/// <summary>The tensors of one name on the recipe's device, all float32.</summary>
/// <remarks>
/// Each has the output's shape; one that is smaller or larger than the output is given as rows and columns. They are copies, which
/// may be changed in place. They and all tensors that are made of them are disposed when the strategy has returned.
/// </remarks>
public sealed class TorchTensors
{
    private readonly torch.Tensor? _base;

    internal TorchTensors(
        TensorInfo output, torch.Device device, torch.Tensor? @base, IReadOnlyList<torch.Tensor> sources, CancellationToken cancellation)
    {
        Output = output;
        Device = device;
        _base = @base;
        Sources = sources;
        Cancellation = cancellation;
    }

    /// <summary>The output's name, dtype and shape.</summary>
    public TensorInfo Output { get; }

    /// <summary>Where the tensors are, and where new ones should be made.</summary>
    public torch.Device Device { get; }

    /// <summary>The base.</summary>
    /// <exception cref="InvalidOperationException">There is none, as <see cref="TensorGroup.Base"/> told.</exception>
    public torch.Tensor Base => _base ?? throw new InvalidOperationException($"tensor '{Output.Name}' has no base");

    /// <summary>The sources in the order of the recipe.</summary>
    public IReadOnlyList<torch.Tensor> Sources { get; }

    /// <summary>Asks to stop; long work should look at it now and then.</summary>
    public CancellationToken Cancellation { get; }
}
