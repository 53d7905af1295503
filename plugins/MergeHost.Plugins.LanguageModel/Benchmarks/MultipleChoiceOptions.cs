namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Options of <c>multiple_choice</c>.</summary>
public sealed record MultipleChoiceOptions : TaskOptions
{
    /// <summary>The answers: a template that gives a list of at least two texts, such as <c>{{[" no", " yes"]}}</c> for labels.</summary>
    public string Choices { get; init; } = "{{choices}}";

    /// <summary>The right answer: a template that gives its index from 0, or its text.</summary>
    public string Answer { get; init; } = "{{answer}}";
}
