using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A template that is not understood to the letter, or that does not suit an item.</summary>
internal static class TemplateException
{
    public const string Hint = "Templates are in Jinja's language with Python's values; what an item lacks is tested with `is defined`.";

    public static MergeHostException Of(string template, string reason) =>
        new(new Problem(ErrorCodes.BadTaskData,
            $"template '{CheckpointException.Printable(template)}': {CheckpointException.Printable(reason)}", Hint), null);
}
