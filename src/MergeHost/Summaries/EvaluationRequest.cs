namespace MergeHost;

/// <summary>What is to be measured.</summary>
/// <param name="SuitePath">The suite of tasks.</param>
/// <param name="Models">Checkpoints and recipes; a recipe is a file whose name ends with <c>.yaml</c> or <c>.yml</c>, and is merged in memory.</param>
/// <param name="CachePath">The folder in which results are kept, so that nothing is measured twice; made if it is not there.</param>
public sealed record EvaluationRequest(string SuitePath, IReadOnlyList<string> Models, string CachePath)
{
    /// <summary>The base that merges are compared with, or <see langword="null"/>.</summary>
    public string? Base { get; init; }

    /// <summary>The experts that merges are compared with; of use only with <see cref="Base"/>.</summary>
    public IReadOnlyList<string> Experts { get; init; } = [];
}
