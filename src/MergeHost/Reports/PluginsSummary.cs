namespace MergeHost.Reports;

/// <summary>The plugins that are installed.</summary>
/// <param name="Plugins">Every version that can be used.</param>
/// <param name="Problems">What is wrong with others.</param>
/// <param name="Roots">The folders that were looked in, the one that wins first.</param>
public sealed record PluginsSummary(IReadOnlyList<PluginSummary> Plugins, IReadOnlyList<Problem> Problems, IReadOnlyList<string> Roots);

/// <summary>A version of a plugin.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Contracts">The version of the contracts it was built for.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Exports">What it has, such as <c>strategy 'ties'</c>.</param>
public sealed record PluginSummary(string Id, string Version, string Description, string Contracts, string Folder,
    IReadOnlyList<string> Exports);
