using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Tests.Options;

public enum SampleKind
{
    L1Norm,
    PlainSum,
}

/// <summary>One option of each sort.</summary>
public sealed record SampleOptions
{
    [PerSource]
    public required double Weight { get; init; }

    [PerSource]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Density { get; init; } = 0.5;

    [Range(0.0, 1.0)]
    public required double T { get; init; }

    // Whole bounds on a number that need not be whole.
    [Range(-1, 1, MaximumIsExclusive = true)]
    public double Lambda { get; init; } = 0.25;

    [Range(1, 10)]
    public int SelectTopK { get; init; } = 3;

    public bool Int8Mask { get; init; } = true;

    public SampleKind RescaleBy { get; init; } = SampleKind.PlainSum;

    [PerSource]
    public double? Scale { get; init; }

    public string? TaskFile { get; init; }

    // None of these is a parameter.
    public double Computed => 2 * Lambda;

    public double Inner { get; private set; } = 4;

    public static double Shared { get; set; }
}
