namespace MergeHost.Torch.Tests;

/// <summary>A test that needs libtorch: skipped where the build brought none, but not where it is there and does not load.</summary>
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = Libtorch.WhyNot;
}

/// <inheritdoc cref="TorchFactAttribute"/>
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = Libtorch.WhyNot;
}

/// <summary>A test that needs an NVIDIA GPU.</summary>
public sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute() => Skip = Libtorch.WhyNot ?? Libtorch.WhyNoCuda;
}

internal static class Libtorch
{
    public static string? WhyNot { get; } = Why(() => TorchLibrary.Find());

    public static string? WhyNoCuda => Why(() => TorchLibrary.Require(new DeviceSpec(DeviceKind.Cuda)));

    private static string? Why(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (MergeHostException e)
        {
            return e.Problems[0].Message;
        }
    }
}
