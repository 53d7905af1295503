namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A template that is not understood to the letter, or that does not suit an item.</summary>
internal static class TemplateException
{
    public const string Hint = "Templates have {{ }} with fields, texts, numbers, lists, [index], + and ~, comparisons, a if b else c, Python's methods of texts and a few filters.";

    public static MergeHostException Of(string template, string reason) =>
        new(new Problem(ErrorCodes.BadTaskData, $"template '{template}': {reason}", Hint), null);
}
