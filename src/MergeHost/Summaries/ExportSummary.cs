using MergeHost.Benchmarks;
using MergeHost.Builders;
using MergeHost.Options;
using MergeHost.Plugins;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost;

/// <summary>Something that a plugin has: a strategy, a scorer, a format, a transform, a store, a builder or a benchmark, with its parameters.</summary>
public sealed record ExportSummary
{
    /// <summary>The plugin it comes from, with its version.</summary>
    public required string Plugin { get; init; }

    /// <summary>What it is: <c>strategy</c>, <c>scorer</c>, <c>format</c>, <c>transform</c>, <c>store</c>, <c>builder</c>, <c>benchmark</c> or <c>runtime</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its name in recipes.</summary>
    public required string Id { get; init; }

    /// <summary>What it does, or <see langword="null"/> if the plugin does not say.</summary>
    public string? Description { get; init; }

    /// <summary>What a strategy asks of the models, or <see langword="null"/>.</summary>
    public string? Models { get; init; }

    /// <summary>The files that a format opens.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Its parameters, in the order of declaration.</summary>
    public IReadOnlyList<OptionSummary> Options { get; init; } = [];

    internal static IReadOnlyList<ExportSummary> Find(string id, PluginCatalog catalog, PluginHost host)
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
            Models = export.Kind == ExportKind.Strategy ? Demand(export) : null,
            Files = export.Files,
            Options = options is null ? [] : [.. new OptionsSchema(options).Options.Select(option => OptionSummary.Of(option, docs))],
        };
    }

    // The contract with the type of its options tells it; one without has to be asked, and so created.
    private static Type? OptionsType(Type type, InstalledExport installed, PluginHost host) =>
        type.GetInterfaces().FirstOrDefault(contract => contract.IsGenericType && installed.Export.Kind.Contract().IsAssignableFrom(contract)) is { } contract
            ? contract.GetGenericArguments()[0]
            : installed.Export.Kind switch
            {
                ExportKind.Strategy => host.Create<IMergeStrategy>(installed).OptionsType,
                ExportKind.Scorer => host.Create<ILayerScorer>(installed).OptionsType,
                ExportKind.Benchmark => host.Create<IBenchmark>(installed).OptionsType,
                ExportKind.Transform => host.Create<Checkpoints.ICheckpointTransform>(installed).OptionsType,
                ExportKind.Builder => host.Create<IModelBuilder>(installed).OptionsType,
                _ => null,
            };

    private static string Demand(PluginExport export)
    {
        string sources = export.MinSources == export.MaxSources ? $"{export.MinSources} model{(export.MinSources == 1 ? "" : "s")}"
            : export.MaxSources == int.MaxValue ? $"{export.MinSources} or more models" : $"{export.MinSources} to {export.MaxSources} models";
        return export.Base switch
        {
            BaseUse.Required => $"a base and {sources}",
            BaseUse.Optional => $"{sources}, and a base if one is named",
            _ => sources,
        };
    }
}

/// <summary>A parameter.</summary>
/// <param name="Name">Its name in recipes.</param>
/// <param name="Type">Its type in the words of recipes.</param>
/// <param name="Range">Its range in brackets, or <see langword="null"/>.</param>
/// <param name="Default">Its value when a recipe says nothing, or <see langword="null"/> when it must say something.</param>
/// <param name="IsPerSource">Whether it may differ from model to model.</param>
/// <param name="Description">What it does, or <see langword="null"/> if the plugin does not say.</param>
public sealed record OptionSummary(string Name, string Type, string? Range, string? Default, bool IsPerSource, string? Description)
{
    internal static OptionSummary Of(OptionInfo option, OptionDocs docs) => new(
        option.Name, option.TypeName, option.RangeText, option.IsRequired ? null : OptionInfo.Format(option.Default), option.IsPerSource,
        docs.Summary(option.Property));
}
