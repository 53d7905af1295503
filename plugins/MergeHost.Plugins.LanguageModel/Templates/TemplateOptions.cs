using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>How a template is read: as task files mean it by default, or as chat templates do.</summary>
internal sealed record TemplateOptions
{
    /// <summary>What task files mean.</summary>
    public static TemplateOptions Task { get; } = new();

    /// <summary>Whether the line end after a block goes.</summary>
    public bool TrimsBlocks { get; init; }

    /// <summary>Whether white space before a block on its line goes.</summary>
    public bool StripsBlocks { get; init; }

    /// <summary>Whether the line end at the template's own end stays.</summary>
    public bool KeepsLastLineEnd { get; init; } = true;

    /// <summary>Whether what is not defined counts as empty.</summary>
    public bool IsLenient { get; init; }

    /// <summary>Whether loops have <c>break</c> and <c>continue</c>.</summary>
    public bool HasLoopControls { get; init; }

    /// <summary>Whether <c>tojson</c> leaves letters as they are, and keys in their order.</summary>
    public bool WritesPlainJson { get; init; }

    /// <summary>Functions beside those of Jinja.</summary>
    public IReadOnlyDictionary<string, PythonFunction> Functions { get; init; } = new Dictionary<string, PythonFunction>();
}
