namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>What a template of a stranger may take: it is read and rendered within these.</summary>
internal static class TemplateLimits
{
    /// <summary>Of a template, in letters.</summary>
    public const int Source = 1 << 20;

    /// <summary>Of blocks, brackets and calls in each other.</summary>
    public const int Depth = 100;

    /// <summary>Of one rendering: loops' turns, calls, filters.</summary>
    public const int Steps = 5_000_000;

    /// <summary>Of what is rendered, in letters.</summary>
    public const int Output = 1 << 24;
}
