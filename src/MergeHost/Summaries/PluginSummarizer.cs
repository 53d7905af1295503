using MergeHost.Alignments;
using MergeHost.Benchmarks;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Summaries;

/// <summary>Describes plugins and what they export.</summary>
internal static class PluginSummarizer
{
    /// <summary>The summary of what is installed.</summary>
    public static PluginsSummary Of(PluginCatalog catalog) =>
        new([.. catalog.Plugins.Select(Of)], catalog.Problems, catalog.Roots);

    private static PluginSummary Of(PluginInfo plugin) => new(
        plugin.Id, plugin.Version.ToString(), plugin.Description, plugin.ContractVersion.ToString(2), plugin.Folder,
        [.. plugin.Exports.Select(export => export.ToString())]);

    public static IReadOnlyList<ExportSummary> Find(string id, PluginCatalog catalog, PluginHost host)
    {
        List<InstalledExport> all = [.. Enum.GetValues<ExportKind>().SelectMany(catalog.Exports)];
        List<InstalledExport> found = [.. all.Where(installed => installed.Plugin.Id == id || installed.Export.Id == id)];
        if (found.Count == 0)
        {
            List<string> known = [.. all.SelectMany(installed => new[] { installed.Plugin.Id, installed.Export.Id }).Distinct()];
            const string list = "`mergehost plugins list` shows all";
            throw new MergeHostException([FieldMethods.Explain(id, known, list) is var (message, hint)
                ? new Problem(ErrorCodes.PluginVersion, message, hint)
                : new Problem(ErrorCodes.PluginVersion, $"nothing of the name '{id}' is installed", Suggestion.Hint(id, known, list))]);
        }

        return [.. found.Select(installed => Of(installed, host))];
    }

    /// <summary>Describes all strategies that are installed, each in its newest version.</summary>
    public static IReadOnlyList<ExportSummary> Strategies(PluginCatalog catalog, PluginHost host) =>
    [
        .. catalog.Exports(ExportKind.Strategy).GroupBy(strategy => strategy.Export.Id)
            .OrderBy(versions => versions.Key, StringComparer.Ordinal)
                .Select(versions => Of(versions.MaxBy(strategy => strategy.Plugin.Version)!, host)),
    ];

    /// <summary>Describes a strategy.</summary>
    /// <exception cref="MergeHostException">No strategy of that name is installed.</exception>
    public static ExportSummary Strategy(string id, PluginCatalog catalog, PluginHost host)
    {
        InstalledExport[] all = [.. catalog.Exports(ExportKind.Strategy)];
        if (all.Where(strategy => strategy.Export.Id == id).MaxBy(strategy => strategy.Plugin.Version) is { } found)
        {
            return Of(found, host);
        }

        string[] known = [.. all.Select(strategy => strategy.Export.Id).Distinct()];
        const string list = "`mergehost strategies` shows all";
        throw new MergeHostException([FieldMethods.Explain(id, known, list) is var (message, hint)
            ? new Problem(ErrorCodes.UnknownStrategy, message, hint)
            : new Problem(ErrorCodes.UnknownStrategy, $"no strategy '{id}' is installed", Suggestion.Hint(id, known, list))]);
    }

    private static ExportSummary Of(InstalledExport installed, PluginHost host)
    {
        PluginExport export = installed.Export;
        OptionDocs docs = OptionDocs.Read(installed.Plugin);
        Type type = host.TypeOf(installed);
        Type? options = OptionsType(type, installed, host);
        return new ExportSummary
        {
            Plugin = $"{installed.Plugin.Id} {installed.Plugin.Version}",
            Kind = export.Kind.Word(),
            Id = export.Id,
            Description = docs.Summary(type),
            Remarks = docs.Text(type, "remarks"),
            Evidence = docs.Text(type, "evidence"),
            Failure = docs.Text(type, "failure"),
            Cost = docs.Text(type, "cost"),
            Sources = [.. docs.Sources(type).Select(source => new SourceSummary(source.Title, source.Address))],
            Models = export.Kind == ExportKind.Strategy ? Demand(export) : null,
            Files = export.Files,
            Options = options is null ? [] : [.. new OptionsSchema(options, installed).Options.Select(option => Of(option, docs))],
        };
    }

    // The contract with the type of its options tells it; one without has to be asked, and so created.
    internal static Type? OptionsType(Type type, InstalledExport installed, PluginHost host) =>
        type.GetInterfaces()
            .FirstOrDefault(contract => contract.IsGenericType
                && installed.Export.Kind.Contract().IsAssignableFrom(contract)) is { } contract
            ? contract.GetGenericArguments()[0]
            : installed.Export.Kind switch
            {
                ExportKind.Strategy => host.Create<IMergeStrategy>(installed).OptionsType,
                ExportKind.Scorer => host.Create<ILayerScorer>(installed).OptionsType,
                ExportKind.Benchmark => host.Create<IBenchmark>(installed).OptionsType,
                ExportKind.Transform => host.Create<ICheckpointTransform>(installed).OptionsType,
                ExportKind.Builder => host.Create<IModelBuilder>(installed).OptionsType,
                ExportKind.Format => (host.Create<ICheckpointFormat>(installed) as IWritableCheckpointFormat)?.OptionsType,
                ExportKind.Alignment => host.Create<IModelAlignment>(installed).OptionsType,
                _ => null,
            };

    private static string Demand(PluginExport export)
    {
        string sources = export.MinSources == export.MaxSources ? $"{export.MinSources} model{(export.MinSources == 1 ? "" : "s")}"
            : export.MaxSources == int.MaxValue
                ? $"{export.MinSources} or more models"
                : $"{export.MinSources} to {export.MaxSources} models";
        return export.Base switch
        {
            BaseUse.Required => $"a base and {sources}",
            BaseUse.Optional => $"{sources}, and a base if one is named",
            _ => sources,
        };
    }

    private static OptionSummary Of(OptionInfo option, OptionDocs docs) => new(
        option.Name, option.TypeName, option.RangeText, option.IsRequired ? null : OptionInfo.Format(option.Default), option.IsPerSource,
        docs.Summary(option.Property));
}
