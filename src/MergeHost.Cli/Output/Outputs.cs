namespace MergeHost.Cli.Output;

/// <summary>Whether files are what they were written as.</summary>
/// <param name="IsWhole">Whether nothing is missing or different.</param>
/// <param name="Path">The output; <see langword="null"/> for the cache.</param>
internal sealed record Verification(bool IsWhole, string? Path);

/// <summary>A recipe that was written.</summary>
/// <param name="Path">The recipe, or the folder of the example.</param>
/// <param name="SchemaPath">The schema that editors check it by; <see langword="null"/> for the example.</param>
internal sealed record WrittenRecipe(string Path, string? SchemaPath);

/// <summary>A lock file that was written.</summary>
/// <param name="Path">The file.</param>
internal sealed record WrittenLock(string Path);

/// <summary>Scripts of jobs that were written.</summary>
/// <param name="Scripts">Their paths.</param>
/// <param name="Submitted">The ids of the jobs, if they were submitted.</param>
internal sealed record WrittenJobs(IReadOnlyList<string> Scripts, IReadOnlyList<string> Submitted);

/// <summary>A part of a study that was measured.</summary>
/// <param name="Study">The study.</param>
/// <param name="Part">Which part of how many, such as <c>2/8</c>.</param>
/// <param name="Count">How many settings the part has.</param>
internal sealed record MeasuredStudyPart(string Study, string Part, int Count);

/// <summary>A model that is served.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Url">The address of the server.</param>
internal sealed record ServedModel(string Model, string Url);

/// <summary>A libtorch that is installed.</summary>
/// <param name="Backend">Its kind, such as <c>cpu</c>.</param>
/// <param name="Folder">Where it is.</param>
/// <param name="WasThere">Whether it was there before.</param>
internal sealed record InstalledTorch(string Backend, string Folder, bool WasThere);

/// <summary>An error or a warning.</summary>
/// <param name="Event">How much it matters.</param>
/// <param name="Code">Its code, such as <c>MH1004</c>.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What helps.</param>
/// <param name="Place">Where it is in a recipe.</param>
internal sealed record ProblemEvent(Severity Event, ErrorCode Code, string Message, string? Hint, TextPlace? Place);

/// <summary>A line of a log.</summary>
/// <param name="Level">How much it matters, such as <c>warning</c>.</param>
/// <param name="Source">What wrote it.</param>
/// <param name="Message">The line.</param>
internal sealed record LogEvent(string Level, string Source, string Message)
{
    /// <summary>Always <c>log</c>.</summary>
    public string Event { get; } = "log";
}

/// <summary>How far a command is.</summary>
/// <param name="Task">What is done.</param>
/// <param name="Progress">How far.</param>
internal sealed record ProgressEvent(string Task, MergeProgress Progress)
{
    /// <summary>Always <c>progress</c>.</summary>
    public string Event { get; } = "progress";
}
