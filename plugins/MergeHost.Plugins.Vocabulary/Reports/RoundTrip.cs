using MergeHost.Checkpoints;
using MergeHost.Plugins.Vocabulary.Tokens;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Reports;

/// <summary>How texts are tokenized before and after: what of them changes.</summary>
/// <param name="Documents">How many texts were tokenized; 0 where they could not be.</param>
/// <param name="Changed">How many have other ids than the first model's tokenizer gives them.</param>
/// <param name="Retokenized">How many of these have only tokens of the first model, cut in another way.</param>
/// <param name="Unreached">How many of the new pieces no text reaches: their own text is cut in another way.</param>
/// <param name="Reason">Why nothing was measured, or <see langword="null"/>.</param>
internal sealed record RoundTrip(int Documents, int Changed, int Retokenized, int Unreached, string? Reason)
{
    /// <summary>Tokenizes the sample.</summary>
    /// <param name="start">What the first model's tokenizer was.</param>
    /// <param name="vocabulary">The tokens of the output.</param>
    /// <param name="files">The files of the output's tokenizer.</param>
    /// <param name="options">The sample, and whether it may be cut in another way.</param>
    /// <exception cref="MergeHostException">Text of the first model's tokens alone is cut in another
    /// way, and the options do not allow it.</exception>
    public static RoundTrip Measure(RoundTripStart start, OutputVocabulary vocabulary, IReadOnlyList<CompanionFile> files,
        VocabularyOptions options)
    {
        IReadOnlyList<string> texts = options.Sample is { } file ? Paragraphs(file) : SampleTexts.All;
        if (start.IsKept)
        {
            return new RoundTrip(texts.Count, 0, 0, 0, null);
        }

        (TextTokenizer? other, string? reason) = RoundTripStart.TryRead(() => TokenizerReader.Read(files));
        if (start.Tokenizer is not { } one || other is null)
        {
            return new RoundTrip(0, 0, 0, 0, start.Reason ?? reason);
        }

        RoundTrip result = Compare(texts, one, other, start.Model, vocabulary);
        return result.Retokenized == 0 || options.AllowRetokenization || start.Model != vocabulary.Owner ? result
            : throw new MergeHostException([new Problem(ErrorCodes.VocabularyMismatch,
                $"{result.Retokenized} of {result.Documents} texts have tokens of '{start.Model.Name}' alone before and after, and are cut "
                    + "in another way",
                "Set `allow_retokenization: true` if that is meant.")]);
    }

    private static RoundTrip Compare(IReadOnlyList<string> texts, TextTokenizer one, TextTokenizer other, ModelTokens before,
        OutputVocabulary vocabulary)
    {
        Dictionary<int, string> here = Inverse(before.Ids);
        Dictionary<int, string> there = Inverse(vocabulary.Ids);
        int changed = 0;
        int retokenized = 0;
        foreach (string text in texts)
        {
            IReadOnlyList<int> ids = one.Encode(text);
            IReadOnlyList<int> moved = other.Encode(text);
            if (ids.SequenceEqual(moved))
            {
                continue;
            }

            changed++;
            bool isOfBefore = moved.All(id => there.TryGetValue(id, out string? token) && before.IdOf(token) >= 0);
            bool isSameText = isOfBefore
                && ids.Select(id => here.GetValueOrDefault(id)).SequenceEqual(moved.Select(id => there.GetValueOrDefault(id)));
            retokenized += isOfBefore && !isSameText ? 1 : 0;
        }

        return new RoundTrip(texts.Count, changed, retokenized,
            vocabulary.NewPieces.Count(piece => !IsReached(piece, other, vocabulary.Owner.Kind)), null);
    }

    // A piece of bytes has no text of its own, nor has one that goes on with a word.
    private static bool IsReached(TokenPiece piece, TextTokenizer tokenizer, string kind)
    {
        string text = kind == ModelTokens.WordPiece && piece.Text.StartsWith("##", StringComparison.Ordinal)
            ? ""
            : tokenizer.Decode([piece.Id]);
        return text.Length == 0 || text.Contains('\uFFFD', StringComparison.Ordinal) || tokenizer.Encode(text).Count <= 1
            || tokenizer.Encode(text.TrimStart(' ')).Count <= 1;
    }

    private static Dictionary<int, string> Inverse(IReadOnlyDictionary<string, int> ids)
    {
        Dictionary<int, string> tokens = [];
        foreach ((string token, int id) in ids)
        {
            tokens[id] = token;
        }

        return tokens;
    }

    private static string[] Paragraphs(string file)
    {
        try
        {
            return [.. File.ReadAllText(file).ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.ModelNotFound,
                $"'sample': {file} cannot be read: {exception.Message.TrimEnd('.')}", "Name a text file."), exception);
        }
    }
}

/// <summary>What the first model's tokenizer is, before that of the output is written from its files.</summary>
/// <param name="Model">The first model of the stage.</param>
/// <param name="IsKept">Whether the output has its tokens, and no others.</param>
/// <param name="Tokenizer">The tokenizer; <see langword="null"/> if it is kept, or of no kind that is read to the letter.</param>
/// <param name="Reason">Why it cannot be read, or <see langword="null"/>.</param>
internal sealed record RoundTripStart(ModelTokens Model, bool IsKept, TextTokenizer? Tokenizer, string? Reason)
{
    /// <summary>Reads the tokenizer, if it is needed.</summary>
    public static RoundTripStart Of(ModelTokens model, OutputVocabulary vocabulary)
    {
        bool isKept = model == vocabulary.Owner && vocabulary is { NewPieces.Count: 0, NewAdded.Count: 0, Left.Count: 0 };
        (TextTokenizer? tokenizer, string? reason) = isKept ? (null, null) : TryRead(model.ReadTokenizer);
        return new RoundTripStart(model, isKept, tokenizer, reason);
    }

    /// <summary>A tokenizer, or why there is none.</summary>
    public static (TextTokenizer? Tokenizer, string? Reason) TryRead(Func<TextTokenizer> read)
    {
        try
        {
            return (read(), null);
        }
        catch (MergeHostException exception)
        {
            return (null, exception.Problems[0].Message);
        }
    }
}
