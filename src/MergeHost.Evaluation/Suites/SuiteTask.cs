using MergeHost.Plugins.Metadata;

namespace MergeHost.Evaluation.Suites;

/// <summary>A suite as written: tasks, and the benchmarks that run them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">The folder that the data's paths start at.</param>
/// <param name="Tasks">Its tasks, at least one; names are unique.</param>
internal sealed record Suite(string Name, string Folder, IReadOnlyList<SuiteTask> Tasks)
{
    /// <summary>The suite with some of its tasks alone.</summary>
    /// <param name="names">The tasks' names; none for all.</param>
    /// <exception cref="MergeHostException">The suite has no task of a name.</exception>
    public Suite Only(IReadOnlyList<string> names)
    {
        Problem[] unknown = [.. Unknown(Name, [.. Tasks.Select(task => task.Name)], names)];
        return unknown.Length > 0 ? throw new MergeHostException(unknown)
            : names.Count == 0 ? this
            : this with { Tasks = [.. Tasks.Where(task => names.Contains(task.Name))] };
    }

    /// <summary>What is wrong with the names of tasks that are wanted.</summary>
    public static IEnumerable<Problem> Unknown(string suite, IReadOnlyList<string> known, IReadOnlyList<string> names) =>
    [
        .. names.Except(known).Select(name => new Problem(
            ErrorCodes.BadSuite, $"suite '{suite}' has no task '{name}'",
            Suggestion.Hint(name, known, $"it has {string.Join(", ", known)}"))),
        .. names.CountBy(name => name).Where(name => name.Value > 1).Select(name => new Problem(
            ErrorCodes.BadSuite, $"task '{name.Key}' is named {name.Value} times", "Name each task once.")),
    ];
}

/// <summary>One task of a suite.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsGeneral">Whether it measures what the base could do before, so that it counts as retention and not as gain.</param>
/// <param name="Metric">The metric that counts where several tasks are taken together;
/// <see langword="null"/> for the benchmark's first.</param>
/// <param name="Benchmark">What runs it.</param>
/// <param name="Options">The benchmark's options.</param>
/// <param name="Identity">What tells the task from others: all that its result depends on but the checkpoint.</param>
internal sealed record SuiteTask(string Name, bool IsGeneral, string? Metric, InstalledExport Benchmark, object Options, string Identity)
{
    /// <summary>What loads the models that the benchmark asks for; <see langword="null"/> if it asks for none.</summary>
    public InstalledExport? Runtime { get; init; }
}
