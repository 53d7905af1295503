using System.ComponentModel.DataAnnotations;
using MergeHost.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Options of benchmarks that ask the questions of a file.</summary>
/// <remarks>
/// Templates are texts with <c>{{field}}</c> and other expressions of an item's fields, as Jinja has them. A template that is one
/// expression can give a list.
/// </remarks>
public abstract record TaskOptions
{
    /// <summary>JSON Lines, one item a line with any fields; <c>id</c> is its name, or else its number in the file.</summary>
    [DataFile]
    public required string Data { get; init; }

    /// <summary>How many of the items are asked, the first of the file; all by default.</summary>
    [Range(1, 1_000_000_000)]
    public int? Limit { get; init; }

    /// <summary>What the model reads before the answer: a template.</summary>
    public string Prompt { get; init; } = "{{prompt}}";

    /// <summary>What stands between the prompt and an answer.</summary>
    public string Delimiter { get; init; } = "";

    /// <summary>How many examples with their answers stand before each question: the first items of <c>shots_data</c>.</summary>
    [Range(0, 1000)]
    public int Shots { get; init; }

    /// <summary>The file that examples are taken from; another than <c>data</c>.</summary>
    [DataFile]
    public string? ShotsData { get; init; }

    /// <summary>What stands behind each example.</summary>
    public string Separator { get; init; } = "\n\n";

    /// <summary>The type in which the model computes.</summary>
    public ModelPrecision Precision { get; init; }
}
