using MergeHost.Torch;

namespace MergeHost.LanguageModel.Tests;

/// <summary>A test that needs libtorch: skipped in builds without it.</summary>
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = Libtorch.WhyNot;
}

/// <inheritdoc cref="TorchFactAttribute"/>
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = Libtorch.WhyNot;
}

internal static class Libtorch
{
    public static string? WhyNot { get; } = Why();

    private static string? Why()
    {
        try
        {
            TorchLibrary.Require(default);
            return null;
        }
        catch (MergeHostException e)
        {
            return e.Problems[0].Message;
        }
    }
}
