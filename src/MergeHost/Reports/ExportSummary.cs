namespace MergeHost.Reports;

/// <summary>Something that a plugin has: a strategy, a scorer, a format, a transform, a store, a builder, an alignment
/// or a benchmark, with its parameters.</summary>
public sealed record ExportSummary
{
    /// <summary>The plugin it comes from, with its version.</summary>
    public required string Plugin { get; init; }

    /// <summary>What it is: <c>strategy</c>, <c>scorer</c>, <c>format</c>, <c>transform</c>, <c>store</c>, <c>builder</c>,
    /// <c>alignment</c>, <c>benchmark</c> or <c>runtime</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its name in recipes.</summary>
    public required string Id { get; init; }

    /// <summary>What it does, or <see langword="null"/> if the plugin does not say.</summary>
    public string? Description { get; init; }

    /// <summary>What is to be known beyond that: limits, and differences from the source;
    /// <see langword="null"/> if the plugin does not say.</summary>
    public string? Remarks { get; init; }

    /// <summary>What is known of how good it is, with sources, or <see langword="null"/>.</summary>
    public string? Evidence { get; init; }

    /// <summary>When it does badly, or <see langword="null"/>.</summary>
    public string? Failure { get; init; }

    /// <summary>What it costs, or <see langword="null"/>.</summary>
    public string? Cost { get; init; }

    /// <summary>Where it comes from.</summary>
    public IReadOnlyList<SourceSummary> Sources { get; init; } = [];

    /// <summary>What a strategy asks of the models, or <see langword="null"/>.</summary>
    public string? Models { get; init; }

    /// <summary>The files that a format opens.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Its parameters, in the order of declaration.</summary>
    public IReadOnlyList<OptionSummary> Options { get; init; } = [];
}

/// <summary>A text that something comes from.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Address">Where it is.</param>
public sealed record SourceSummary(string Title, string Address);

/// <summary>A parameter.</summary>
/// <param name="Name">Its name in recipes.</param>
/// <param name="Type">Its type in the words of recipes.</param>
/// <param name="Range">Its range in brackets, or <see langword="null"/>.</param>
/// <param name="Default">Its value when a recipe says nothing, or <see langword="null"/> when it must say something.</param>
/// <param name="IsPerSource">Whether it may differ from model to model.</param>
/// <param name="Description">What it does, or <see langword="null"/> if the plugin does not say.</param>
public sealed record OptionSummary(string Name, string Type, string? Range, string? Default, bool IsPerSource, string? Description);
