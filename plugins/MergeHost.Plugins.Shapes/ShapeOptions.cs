using System.ComponentModel.DataAnnotations;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Shapes;

/// <summary>What lengths are taken of.</summary>
public enum ShapeScope
{
    /// <summary>The whole tensor.</summary>
    Tensor,

    /// <summary>Each row by itself: what goes to one output; of an embedding, one token.</summary>
    Row,
}

/// <summary>Parameters of <c>lines</c>.</summary>
public sealed record LinesOptions
{
    /// <summary>The factor α on the first layer's task vector.</summary>
    [Range(0.0, double.PositiveInfinity)]
    public double Alpha { get; init; } = 0.5;

    /// <summary>How much is added to it up to the last layer, β; 1 − α if nothing is said, so
    /// that the last layer keeps what it has.</summary>
    public double? Beta { get; init; }
}

/// <summary>Parameters of <c>clip</c>.</summary>
public sealed record ClipOptions
{
    /// <summary>The longest that a task vector may be, as a share of the base's length.</summary>
    [Range(0.0, double.PositiveInfinity)]
    public double Limit { get; init; } = 0.1;

    /// <summary>What lengths are taken of.</summary>
    public ShapeScope Of { get; init; } = ShapeScope.Tensor;
}

/// <summary>Parameters of <c>norm</c>.</summary>
public sealed record NormOptions
{
    /// <summary>What lengths are taken of.</summary>
    public ShapeScope Of { get; init; } = ShapeScope.Row;
}

/// <summary>Parameters of <c>aim</c>.</summary>
public sealed record AimOptions
{
    /// <summary>The statistics of the base's activations on general data, as `mergehost statistics` takes them.</summary>
    public required AuxiliaryCheckpoint Statistics { get; init; }

    /// <summary>What is left of the task vector at the largest input, ω.</summary>
    [Range(0.0, 1.0)]
    public double Omega { get; init; } = 0.4;
}
