using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>A prompt with some of its continuations, one after another, as a model reads them in one row.</summary>
/// <remarks>The last token of a continuation is not read: only what follows it would depend on it.</remarks>
/// <param name="Index">The index of the prompt.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="First">The first continuation of the row.</param>
/// <param name="Count">How many continuations the row has.</param>
internal sealed record ScoredRow(int Index, ScoredPrompt Prompt, int First, int Count)
{
    /// <summary>How many tokens the model reads.</summary>
    public int Width { get; } = Prompt.Ids.Count + Prompt.Continuations.Skip(First).Take(Count).Sum(ids => ids.Count - 1);

    /// <summary>The continuations.</summary>
    public IEnumerable<IReadOnlyList<int>> Continuations => Prompt.Continuations.Skip(First).Take(Count);

    /// <summary>The rows of a prompt: one, or one for each continuation if one were longer than <paramref name="limit"/> tokens.</summary>
    public static IEnumerable<ScoredRow> Of(int index, ScoredPrompt prompt, int limit)
    {
        ScoredRow row = new(index, prompt, 0, prompt.Continuations.Count);
        return row.Width <= limit ? [row] : Enumerable.Range(0, row.Count).Select(first => new ScoredRow(index, prompt, first, 1));
    }
}
