using MergeHost.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Options of <c>multiple_choice</c>.</summary>
public sealed record MultipleChoiceOptions
{
    /// <summary>JSON Lines, one item a line: <c>{"id", "prompt", "choices": […], "answer": index}</c>.</summary>
    [DataFile]
    public required string Data { get; init; }

    /// <summary>The type in which the model computes.</summary>
    public ModelPrecision Precision { get; init; }
}
