namespace MergeHost.Runtimes;

/// <summary>A language model with its tokenizer, ready to run. Called by one thread at a time; disposing it frees its memory.</summary>
public interface ILanguageModel : IDisposable
{
    /// <summary>The longest context that the model was made for, in tokens.</summary>
    int MaxPositions { get; }

    /// <summary>How many token ids there are: they are [0, this).</summary>
    int VocabularySize { get; }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text; words for control tokens in it mean what the model's tokenizer takes them for.</param>
    /// <param name="begins">Whether BOS stands in front, if the model's texts begin with it.</param>
    IReadOnlyList<int> Encode(string text, bool begins);

    /// <summary>The text of ids, without control tokens; bytes that are no UTF-8 become U+FFFD.</summary>
    string Decode(IReadOnlyList<int> ids);

    /// <summary>A name for a token: its text, or its bytes as <c>bytes:\xE3</c> where they are a part of a letter.</summary>
    string NameToken(int id);

    /// <summary>Goes on with texts.</summary>
    /// <param name="prompts">The ids of each: at least one, and with <see cref="GenerationOptions.MaxTokens"/> no more than <see cref="MaxPositions"/>.</param>
    /// <param name="options">How, and how far.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>What comes after each prompt; the same for the same prompts, options and device.</returns>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    IReadOnlyList<GeneratedText> Generate(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, CancellationToken cancellation);
}
