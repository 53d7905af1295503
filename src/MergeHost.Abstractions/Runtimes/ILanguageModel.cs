namespace MergeHost.Runtimes;

/// <summary>A language model with its tokenizer, ready to run. Called by one thread at a time; disposing it frees its memory.</summary>
public interface ILanguageModel : IDisposable
{
    /// <summary>The longest context that the model was made for, in tokens.</summary>
    int MaxPositions { get; }

    /// <summary>How many token ids there are: they are [0, this).</summary>
    int VocabularySize { get; }

    /// <summary>The special tokens of its tokenizer, and its chat template.</summary>
    TokenizerDescription Tokenizer { get; }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text; words for control tokens in it mean what the model's tokenizer takes them for.</param>
    /// <param name="begins">Whether BOS stands in front, if the model's texts begin with it.</param>
    IReadOnlyList<int> Encode(string text, bool begins);

    /// <summary>The text of ids, without control tokens; bytes that are no UTF-8 become U+FFFD.</summary>
    string Decode(IReadOnlyList<int> ids);

    /// <summary>A name for a token: its text, or its bytes as <c>bytes:\xE3</c> where they are a part of a letter.</summary>
    string NameToken(int id);

    /// <summary>The text of a conversation by the checkpoint's chat template, which has the tokens that begin it, too.</summary>
    /// <param name="messages">What was said, at least one message.</param>
    /// <param name="continues">Whether the last message is the beginning of the answer, and not all before it.</param>
    /// <exception cref="MergeHostException">MH6002: there is no template, it is not understood, or it refuses the conversation.</exception>
    string RenderChat(IReadOnlyList<ChatMessage> messages, bool continues);

    /// <summary>Scores what may follow texts.</summary>
    /// <param name="prompts">Texts with continuations; a prompt and any of its continuations have no more than
    /// <see cref="MaxPositions"/> tokens together.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>For each prompt and each of its continuations one score a token, given all before it; the
    /// same for the same prompts and device.</returns>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    IReadOnlyList<IReadOnlyList<IReadOnlyList<TokenScore>>> Score(IReadOnlyList<ScoredPrompt> prompts, CancellationToken cancellation);

    /// <summary>Goes on with texts.</summary>
    /// <param name="prompts">The ids of each: at least one, and with <see cref="GenerationOptions.MaxTokens"/> no
    /// more than <see cref="MaxPositions"/>.</param>
    /// <param name="options">How, and how far.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <param name="observer">Shown each text after each of its tokens; for different prompts from several threads at once.</param>
    /// <returns>What comes after each prompt; the same for the same prompts, options and device.</returns>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    IReadOnlyList<GeneratedText> Generate(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options,
        CancellationToken cancellation, GenerationObserver? observer = null);
}

/// <summary>Receives a text while it grows.</summary>
/// <param name="prompt">The index of its prompt.</param>
/// <param name="text">What was added so far; its lists grow after the call.</param>
public delegate void GenerationObserver(int prompt, GeneratedText text);
