using MergeHost.Cli.Commands.Plugins;
using MergeHost.Cli.Commands.Setup;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using MergeHost.Stores;

namespace MergeHost.Cli.Output;

/// <summary>What commands print with <c>--json</c>, and files that they write: each kind has a name, a version,
/// and a JSON Schema in <c>Schemas</c>.</summary>
/// <remarks>Within a version fields may be added; what a field means, and that it is there, changes with the version alone.</remarks>
internal static class OutputSchema
{
    private static readonly SortedDictionary<string, Kind> _kinds = new(StringComparer.Ordinal)
    {
        ["cache"] = Kind.Of<CacheSummary>("What `mergehost cache list --json` prints"),
        ["compare"] = Kind.Of<ComparisonReport>("What `mergehost compare --json` prints"),
        ["compare-results"] = Kind.Of<RunComparison>("What `mergehost compare-results --json` prints"),
        ["doctor"] = Kind.Of<DoctorCommand.DoctorReport>("What `mergehost doctor --json` prints"),
        ["download"] = Kind.Of<DownloadSummary>("What `mergehost download --json` prints"),
        ["evaluate"] = Kind.Of<EvaluationSummary>("What `mergehost evaluate --json` prints"),
        ["explain"] = Kind.Of<ErrorPage>("What `mergehost explain CODE --json` prints; without a code it prints a list of it"),
        ["export"] =
            Kind.Of<ExportSummary>("What `mergehost strategies explain --json` prints; `strategies` and `plugins show` print a list of it"),
        ["init"] = Kind.Of<WrittenRecipe>("What `mergehost init --json` prints"),
        ["inspect"] = Kind.Of<CheckpointSummary>("What `mergehost inspect --json` prints, and a list of it for several checkpoints"),
        ["jobs"] = Kind.Of<WrittenJobs>("What `mergehost slurm --json` prints"),
        ["lock"] = Kind.Of<WrittenLock>("What `mergehost plugins lock --json` prints"),
        ["log"] = Kind.OfLine<LogEvent>("A line of stderr with --json: what a plugin logs"),
        ["manifest"] =
            Kind.Of<MergeManifest>(
                "The file mergehost.json of an output; what `mergehost merge`, `convert`, `extract` and `transplant --json` print"),
        ["overlap"] = Kind.Of<OverlapReport>("What `mergehost overlap --json` prints"),
        ["part"] = Kind.Of<PartSummary>("What `mergehost merge --part --json` prints"),
        ["parts"] = Kind.Of<StageParts>("`mergehost slurm merge --status --json` prints a list of it"),
        ["plan"] = Kind.Of<PlanSummary>("What `mergehost plan --json` prints"),
        ["plugin"] =
            Kind.Of<PluginPackageCommands.InstalledPlugin>(
                "What `mergehost plugins install --json` prints; `remove` and `update` print a list of it"),
        ["plugin-test"] = Kind.Of<PluginTestCommand.TriedExport>("`mergehost plugins test --json` prints a list of it"),
        ["plugins"] = Kind.Of<PluginsSummary>("What `mergehost plugins list --json` prints"),
        ["plugins-outdated"] = Kind.Of<OutdatedPlugin>("`mergehost plugins list --outdated --json` prints a list of it"),
        ["predict"] = Kind.Of<PredictionReport>("What `mergehost predict --json` prints"),
        ["problem"] = Kind.OfLine<ProblemEvent>("A line of stderr with --json: an error or a warning"),
        ["progress"] = Kind.OfLine<ProgressEvent>("A line of stderr with --json: how far a command is"),
        ["prune"] = Kind.Of<RemovedCopy>("`mergehost cache prune --json` prints a list of it"),
        ["push"] = Kind.Of<PublishedCheckpoint>("What `mergehost push --json` prints"),
        ["score"] = Kind.Of<ScoreReport>("What `mergehost score --json` prints"),
        ["serve"] = Kind.Of<ServedModel>("What `mergehost serve --json` prints"),
        ["statistics"] = Kind.Of<StatisticsSummary>("What `mergehost statistics --json` prints"),
        ["sweep"] = Kind.Of<StudySummary>("What `mergehost sweep --json` prints"),
        ["sweep-part"] = Kind.Of<MeasuredStudyPart>("What `mergehost sweep --part --json` prints"),
        ["torch"] = Kind.Of<InstalledTorch>("What `mergehost torch install --json` prints"),
        ["verify"] = Kind.Of<Verification>("What `mergehost verify` and `mergehost cache verify --json` print"),
    };

    /// <summary>What there is, by name.</summary>
    public static IReadOnlyDictionary<string, Kind> Kinds => _kinds;

    /// <summary>The name and the version that an output carries as its <c>schema</c>, such as <c>plan/1</c>.</summary>
    /// <returns><see langword="null"/> for lines, and for what is no output of its own.</returns>
    public static string? Of(Type type) =>
        _kinds.FirstOrDefault(kind => kind.Value.Type == type && !kind.Value.IsLine) is { Key: { } name, Value: { } kind }
            ? $"{name}/{kind.Version}"
            : null;

    /// <summary>The JSON Schema of a kind.</summary>
    public static string Read(string name)
    {
        using StreamReader reader = new(typeof(OutputSchema).Assembly.GetManifestResourceStream($"{name}.schema.json")!);
        return reader.ReadToEnd();
    }

    /// <summary>A kind of output.</summary>
    /// <param name="Type">What holds one.</param>
    /// <param name="Version">The version of its schema.</param>
    /// <param name="Title">Where it is met.</param>
    /// <param name="IsLine">Whether it is a line of stderr, which does not name its schema.</param>
    internal sealed record Kind(Type Type, int Version, string Title, bool IsLine)
    {
        public static Kind Of<T>(string title, int version = 1) => new(typeof(T), version, title, IsLine: false);

        public static Kind OfLine<T>(string title, int version = 1) => new(typeof(T), version, title, IsLine: true);
    }
}
