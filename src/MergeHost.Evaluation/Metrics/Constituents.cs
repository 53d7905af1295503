using MergeHost.Evaluation.Suites;

namespace MergeHost.Evaluation.Metrics;

/// <summary>What a merge was made of, measured.</summary>
/// <param name="Base">The base.</param>
/// <param name="Experts">The experts; at least one for metrics.</param>
/// <param name="Domain">The tasks that the experts were trained for; <see langword="null"/> for all that are not general.</param>
internal sealed record Constituents(MeasuredModel Base, IReadOnlyList<MeasuredModel> Experts, IReadOnlySet<string>? Domain = null)
{
    /// <summary>The same with the tasks of a smaller suite alone.</summary>
    public Constituents Only(Suite suite) =>
        this with { Base = Only(Base, suite), Experts = [.. Experts.Select(expert => Only(expert, suite))] };

    /// <summary>What a task tells of the merge.</summary>
    public TaskRole RoleOf(SuiteTask task) =>
        task.IsGeneral ? TaskRole.General : Domain?.Contains(task.Name) == false ? TaskRole.Other : TaskRole.Domain;

    private static MeasuredModel Only(MeasuredModel model, Suite suite) =>
        model with { Tasks = [.. suite.Tasks.Select(task => model.Tasks.First(measured => measured.Task.Name == task.Name))] };
}
