using MergeHost.Plugins.LanguageModel.Harness.Tasks;

namespace MergeHost.Plugins.LanguageModel.Harness.Prompts;

/// <summary>An item as a model is asked it.</summary>
/// <param name="Item">The item.</param>
/// <param name="Requests">What is asked: texts with what may follow, or with nothing where the model writes.</param>
/// <param name="Choices">The choices, without delimiters; none where there are none.</param>
/// <param name="Target">What <c>doc_to_target</c> gives.</param>
internal sealed record TaskQuestion(TaskDocument Item, IReadOnlyList<TaskRequest> Requests, IReadOnlyList<string> Choices, object? Target)
{
    /// <summary>What is right: the target, or the index of the right beginning where there are several.</summary>
    public object? Gold { get; init; } = Target;
}

/// <summary>A text that a model is asked about.</summary>
/// <param name="Context">What it reads; of a text that is scored whole, the text.</param>
/// <param name="Continuation">What is scored, or <see langword="null"/>.</param>
internal sealed record TaskRequest(string Context, string? Continuation);
