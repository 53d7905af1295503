namespace MergeHost.Running.Data;

/// <summary>What a stage made.</summary>
/// <param name="Records">What is to be noted of each tensor, in the order of the plan.</param>
/// <param name="Files">The names of the files.</param>
/// <param name="Warnings">What is worth knowing of what was written.</param>
internal sealed record StageResult(IReadOnlyList<TensorRecord> Records, IReadOnlyList<string> Files, IReadOnlyList<Problem> Warnings);
