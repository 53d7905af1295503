namespace MergeHost.Plugins.Vocabulary;

/// <summary>The options of <c>cut_rows</c>, which has none.</summary>
public sealed record CutRowsOptions;
