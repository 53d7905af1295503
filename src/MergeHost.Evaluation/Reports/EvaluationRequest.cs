namespace MergeHost.Evaluation.Reports;

/// <summary>What is to be measured.</summary>
/// <param name="SuitePath">The suite of tasks.</param>
/// <param name="Models">Checkpoints and recipes; a recipe is a file whose name ends with <c>.yaml</c> or <c>.yml</c>, and is merged in
/// memory. A <c>.json</c> of lm-evaluation-harness is taken as measured.</param>
public sealed record EvaluationRequest(string SuitePath, IReadOnlyList<string> Models)
{
    /// <summary>The tasks that take part; none for all.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>The folder that results and items are written to, in the files of lm-evaluation-harness; then all is measured
    /// anew. <see langword="null"/> for none.</summary>
    public string? ResultsFolder { get; init; }

    /// <summary>The base that merges are compared with, or <see langword="null"/>.</summary>
    public string? Base { get; init; }

    /// <summary>The experts that merges are compared with; of use only with <see cref="Base"/>.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];
}
