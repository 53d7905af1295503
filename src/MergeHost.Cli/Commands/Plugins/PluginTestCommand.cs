using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using MergeHost.Alignments;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Models.Calls;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Scoring;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Cli.Commands.Plugins;

/// <summary><c>mergehost plugins test FOLDER</c></summary>
internal static class PluginTestCommand
{
    private static readonly Argument<string> _folder =
        new("FOLDER") { Description = "Where plugins lie, such as bin/plugins of a project" };

    public static Command Create()
    {
        Command command = new("test", "Loads plugins as a merge does, and tries whether what they export keeps to its contract.")
        {
            _folder, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            string folder = arguments.GetRequiredValue(_folder);
            PluginCatalog catalog = PluginCatalog.Scan(Directory.Exists(folder) ? [Path.GetFullPath(folder)] : []);
            List<TriedExport> tried = [.. catalog.Plugins.SelectMany(plugin => plugin.Exports,
                (plugin, export) => Try(engine.Host, new InstalledExport(plugin, export)))];
            if (tried.Count == 0 && catalog.Problems.Count == 0)
            {
                throw new MergeHostException(new Problem(ErrorCodes.PluginUnreadable,
                    $"{folder}: there is no plugin that exports something",
                    "Build the project first, and name its bin/plugins."), null);
            }

            printer.Write(tried, list => list.ForEach(Tell));
            printer.Show(catalog.Problems);
            return tried.Exists(export => export.Broken.Count > 0) || catalog.Problems.Count > 0 ? ErrorCodes.PluginFailed.ExitCode : 0;
        }));
        return command;
    }

    private static TriedExport Try(PluginHost host, InstalledExport export)
    {
        using PluginCall.Scope scope = new PluginCall(export, null).Enter();
        TriedExport tried = new(export.Plugin.Id, export.Plugin.Version.ToString(), export.Export.Kind.Word(), export.Export.Id);
        Conformance? conformance = export.Export.Kind switch
        {
            ExportKind.Strategy =>
                Of<IMergeStrategy>(strategy => HasDefaults(strategy.OptionsType, typeof(double))
                    ? new StrategyConformance(strategy)
                    : null),
            ExportKind.Scorer => Of<ILayerScorer>(scorer => HasDefaults(scorer.OptionsType) ? new ScorerConformance(scorer) : null),
            ExportKind.Format =>
                Of<ICheckpointFormat>(format => format is IWritableCheckpointFormat writable ? new WriterConformance(writable) : null),
            ExportKind.Transform =>
                Of<ICheckpointTransform>(transform => HasDefaults(transform.OptionsType) ? new TransformConformance(transform) : null),
            ExportKind.Alignment =>
                Of<IModelAlignment>(alignment => HasDefaults(alignment.OptionsType) ? new AlignmentConformance(alignment) : null),
            ExportKind.Benchmark =>
                Of<IBenchmark>(benchmark => HasDefaults(benchmark.OptionsType) ? new BenchmarkConformance(benchmark) : null),
            _ => null,
        };
        if (conformance is null)
        {
            return tried;
        }

        ILookup<bool, Violation> violations = conformance.Check().ToLookup(violation => violation.Refusal is not null);
        return tried with
        {
            Laws = Conformance.LawsOf(conformance.GetType()).Count(),
            Broken = [.. violations[false]],
            Refused = [.. violations[true]]
        };

        Conformance? Of<T>(Func<T, Conformance?> make)
            where T : class => make(host.Create<T>(export));
    }

    // What has to be given cannot be made up here, but for numbers of strategies.
    private static bool HasDefaults(Type options, Type? known = null) =>
        options.GetProperties().Where(property => property.IsDefined(typeof(RequiredMemberAttribute)))
            .All(property => property.PropertyType == known);

    private static void Tell(TriedExport export)
    {
        string result = export.Laws is not { } laws ? "not tried, since it needs inputs or options that its own tests can give"
            : export.Broken.Count > 0 ? $"breaks {export.Broken.Count} of {laws} laws"
            : export.Refused.Count > 0
                ? $"keeps {laws - export.Refused.Count} of {laws} laws; it refuses the inputs of the others, which its own tests can give"
            : $"keeps its {laws} laws";
        Console.WriteLine($"{export.Kind} '{export.Id}' of plugin '{export.Plugin}' {export.Version}: {result}");
        foreach (IGrouping<string, Violation> same in export.Broken.Concat(export.Refused).GroupBy(violation => violation.Message))
        {
            Console.WriteLine($"  {string.Join(", ", same.Select(violation => violation.Law))}");
            Console.WriteLine($"    {same.Key.ReplaceLineEndings("\n    ")}");
        }
    }

    internal sealed record TriedExport(string Plugin, string Version, string Kind, string Id)
    {
        /// <summary>How many laws were tried, or <see langword="null"/> where none could be.</summary>
        public int? Laws { get; init; }

        public IReadOnlyList<Violation> Broken { get; init; } = [];

        /// <summary>Laws whose inputs it refuses with a message for its user.</summary>
        public IReadOnlyList<Violation> Refused { get; init; } = [];
    }
}
