namespace MergeHost.Plugins.Metadata;

/// <summary>An export, and the version of the plugin that has it.</summary>
internal sealed record InstalledExport(PluginInfo Plugin, PluginExport Export);
