using NuGet.Versioning;

namespace MergeHost.Plugins.Metadata;

/// <summary>One version of a plugin on disk, as its metadata tells; nothing of it is loaded.</summary>
internal sealed record PluginInfo
{
    /// <summary>The plugin's id, such as <c>task-arithmetic</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The plugin's version, without build metadata.</summary>
    public required NuGetVersion Version { get; init; }

    /// <summary>The version as the assembly has it, often with the commit after a <c>+</c>.</summary>
    public required string InformationalVersion { get; init; }

    /// <summary>What the plugin is for, in a sentence; may be empty.</summary>
    public required string Description { get; init; }

    /// <summary>The root under which it was found.</summary>
    public required string Root { get; init; }

    /// <summary>The folder that holds the plugin and its private dependencies.</summary>
    public required string Folder { get; init; }

    /// <summary>The plugin's main assembly.</summary>
    public required string AssemblyPath { get; init; }

    /// <summary>The contracts it was built for: the version of its reference to MergeHost.Abstractions.</summary>
    public required Version ContractVersion { get; init; }

    /// <summary>What it exports, in the order of the assembly; may be empty.</summary>
    public required IReadOnlyList<PluginExport> Exports { get; init; }

    /// <summary>The assembly's doc comments, or <see langword="null"/> if the folder has none.</summary>
    public string? DocPath { get; init; }

    /// <summary>Whether both are the same version of the same plugin, wherever they lie.</summary>
    public bool IsSameAs(PluginInfo other) => Id == other.Id && Version == other.Version;

    /// <summary>Id and version as messages have them, such as <c>'ties' 1.2.0</c>.</summary>
    public override string ToString() => $"'{Id}' {Version}";
}
