namespace MergeHost.Evaluation;

/// <summary>What a merge was made of, measured.</summary>
/// <param name="Base">The base.</param>
/// <param name="Experts">The experts; at least one for metrics.</param>
/// <param name="Domain">The tasks that the experts were trained for; <see langword="null"/> for all that are not general.</param>
internal sealed record Constituents(MeasuredModel Base, IReadOnlyList<MeasuredModel> Experts, IReadOnlySet<string>? Domain = null)
{
    /// <summary>What a task tells of the merge.</summary>
    public TaskRole RoleOf(SuiteTask task) => task.IsGeneral ? TaskRole.General : Domain?.Contains(task.Name) == false ? TaskRole.Other : TaskRole.Domain;
}
