using System.ComponentModel.DataAnnotations;
using MergeHost.Scoring;

namespace MergeHost.Recipes;

/// <summary>What is scored and chosen.</summary>
internal enum SelectionUnit
{
    /// <summary>Each weight matrix by itself.</summary>
    Module,

    /// <summary>Whole layers, by the mean score of their matrices; a layer is chosen with all its tensors.</summary>
    Layer,
}

/// <summary>What is done with a chosen tensor.</summary>
internal enum SelectionAction
{
    /// <summary>The strategy merges it.</summary>
    Restore,

    /// <summary>It is the base's, outright.</summary>
    Freeze,
}

/// <summary>What a tensor is that was not chosen.</summary>
internal enum SelectionOthers
{
    /// <summary>The adapted model's.</summary>
    Adapted,

    /// <summary>The base's.</summary>
    Base,
}

/// <summary>The fields of <c>select:</c> but the scorers. Each may be a list of <c>filter:</c> and <c>value:</c>,
/// except <c>unit</c> and <c>policy</c>.</summary>
internal sealed record SelectionOptions
{
    /// <summary>What is scored and chosen.</summary>
    public SelectionUnit Unit { get; init; } = SelectionUnit.Module;

    /// <summary>Which scores are chosen first; as the scorer says if nothing is said.</summary>
    public RestoreFirst? Restore { get; init; }

    /// <summary>Which share of each module type is chosen, rounded up.</summary>
    [Range(0.0, 1.0)]
    public double? Fraction { get; init; }

    /// <summary>How many of each module type are chosen.</summary>
    [Range(0, int.MaxValue)]
    public int? Top { get; init; }

    /// <summary>The score from which on a tensor is chosen: itself and what goes before it.</summary>
    public double? Threshold { get; init; }

    /// <summary>Named values for <c>fraction</c>, and for the strategy's <c>t</c> if it has one; what the
    /// recipe says itself goes before them.</summary>
    public SelectionPolicy? Policy { get; init; }

    /// <summary>What is done with chosen tensors.</summary>
    public SelectionAction Action { get; init; } = SelectionAction.Restore;

    /// <summary>What the others are.</summary>
    public SelectionOthers Others { get; init; } = SelectionOthers.Adapted;
}
