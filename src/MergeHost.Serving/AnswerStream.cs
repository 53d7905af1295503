using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>Cuts texts that grow into pieces that are sent as they come.</summary>
/// <remarks>A piece neither ends within a letter, nor has anything of a text that ends the answer.</remarks>
/// <param name="request">What was asked.</param>
/// <param name="answer">Writes the pieces.</param>
/// <param name="model">Who answers.</param>
/// <param name="send">Sends a piece; called by several threads at once.</param>
internal sealed class AnswerStream(CompletionRequest request, Answer answer, ILanguageModel model, Action<ReadOnlyMemory<byte>> send)
{
    private const char NoLetter = '\uFFFD';

    // How much of each text was sent: its letters, its tokens, and the letters of these tokens' names.
    private readonly (int Letters, int Tokens, int Offset)[] _sent = new (int, int, int)[request.Prompts.Count * request.Count];

    private readonly string[] _echoes = [.. request.Prompts.Select(prompt => request.Echoes ? model.Decode(prompt) : "")];

    /// <summary>Has the model answer.</summary>
    public void Run(CancellationToken cancellation)
    {
        for (int index = 0; index < _sent.Length; index++)
        {
            foreach (ReadOnlyMemory<byte> piece in answer.Beginning(index))
            {
                send(piece);
            }
        }

        IReadOnlyList<GeneratedText> texts = model.Generate(request.Rows, request.Options, cancellation, Send);
        foreach ((int index, GeneratedText text) in texts.Index())
        {
            Send(index, text, isWhole: true);
            send(answer.Ending(index, text));
        }

        if (request.StreamsUsage)
        {
            send(answer.Usage(texts));
        }
    }

    private void Send(int index, GeneratedText text) => Send(index, text, isWhole: false);

    private void Send(int index, GeneratedText text, bool isWhole)
    {
        string all = _echoes[index / request.Count] + text.Text;
        ref (int Letters, int Tokens, int Offset) sent = ref _sent[index];
        int end = isWhole ? all.Length : all.Length - Held(all);
        GeneratedToken[] tokens = [.. text.Prompt.Concat(text.Tokens).Skip(sent.Tokens)];
        if (end > sent.Letters || (isWhole && tokens.Length > 0 && request.TellsLikelihoods))
        {
            int start = Math.Min(sent.Letters, end);
            send(answer.Next(index, all[start..end], tokens, ref sent.Offset));
            sent = (end, sent.Tokens + tokens.Length, sent.Offset);
        }
    }

    // How many letters at the end of a text may still change, or turn out to be the beginning of a text that ends it.
    private int Held(string text)
    {
        int held = text.Length - text.TrimEnd(NoLetter).Length;
        int longest = request.Options.Stop.Select(stop => stop.Length - 1).DefaultIfEmpty(0).Max();
        for (int length = Math.Min(longest, text.Length); length > held; length--)
        {
            if (request.Options.Stop.Any(stop => stop.Length > length && stop.AsSpan().StartsWith(text.AsSpan(text.Length - length))))
            {
                return length;
            }
        }

        return held;
    }
}
