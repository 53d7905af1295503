namespace MergeHost.Cli.Reports;

/// <summary>A picture of the table that it stands by; it names the columns that it shows.</summary>
/// <param name="Kind"><c>heat</c>, <c>curves</c>, <c>plane</c>, <c>dots</c> or <c>bars</c>.</param>
/// <param name="Title">What it shows, in words for those who cannot see it, too.</param>
/// <param name="X">The column to the right.</param>
/// <param name="Y">The column upwards, or of the rows.</param>
internal sealed record PagePlot(string Kind, string Title, string X, string Y)
{
    /// <summary>The column that colours show in a heat map: a number, or a word.</summary>
    public string? Value { get; init; }

    /// <summary>The column whose words are the lines of curves, the colours of points, or the parts of bars.</summary>
    public string? Series { get; init; }

    /// <summary>The column with the lower ends of intervals.</summary>
    public string? Low { get; init; }

    /// <summary>The column with their upper ends.</summary>
    public string? High { get; init; }

    /// <summary>The column whose words, where there are any, mark a point or a cell.</summary>
    public string? Mark { get; init; }

    /// <summary>Another column that is shown of a point, and written into a cell in place of its value.</summary>
    public string? Label { get; init; }

    /// <summary>Whether colours run from below to above zero.</summary>
    public bool Diverging { get; init; }

    /// <summary>The smallest and the largest number of the colours; those of the data by default.</summary>
    public double[]? Domain { get; init; }

    /// <summary>Whether the numbers' scale is logarithmic.</summary>
    public bool Log { get; init; }

    /// <summary>Whether zero has a line.</summary>
    public bool Zero { get; init; }

    /// <summary>Whether points of a series are connected in their order.</summary>
    public bool Connected { get; init; }

    /// <summary>Upright lines with names.</summary>
    public IReadOnlyList<PlotLine>? Cuts { get; init; }

    /// <summary>Level lines with names.</summary>
    public IReadOnlyList<PlotLine>? Levels { get; init; }
}

/// <summary>A line across a picture.</summary>
/// <param name="At">Where.</param>
/// <param name="Name">What it is.</param>
internal sealed record PlotLine(double At, string Name);
