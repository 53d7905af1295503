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
    /// <param name="before">The first model of the stage.</param>
    /// <param name="vocabulary">The tokens of the output.</param>
    /// <param name="files">The files of the output's tokenizer.</param>
    /// <param name="options">The sample, and whether it may be cut in another way.</param>
    /// <exception cref="MergeHostException">Text of the first model's tokens alone is cut in another way, and the options do not allow it.</exception>
    public static RoundTrip Measure(ModelTokens before, OutputVocabulary vocabulary, IReadOnlyList<CompanionFile> files, VocabularyOptions options)
    {
        IReadOnlyList<string> texts = options.Sample is { } file ? Paragraphs(file) : SampleTexts.All;
        if (before == vocabulary.Owner && vocabulary is { NewPieces.Count: 0, NewAdded.Count: 0, Left.Count: 0 })
        {
            return new RoundTrip(texts.Count, 0, 0, 0, null);
        }

        TextTokenizer one;
        TextTokenizer other;
        try
        {
            one = TokenizerReader.Read(before.Companions);
            other = TokenizerReader.Read(files);
        }
        catch (MergeHostException exception)
        {
            return new RoundTrip(0, 0, 0, 0, exception.Problems[0].Message);
        }

        RoundTrip result = Compare(texts, one, other, before, vocabulary);
        return result.Retokenized == 0 || options.AllowRetokenization || before != vocabulary.Owner ? result
            : throw new MergeHostException([new Problem(ErrorCodes.VocabularyMismatch,
                $"{result.Retokenized} of {result.Documents} texts have tokens of '{before.Name}' alone before and after, and are cut in another way",
                "Set `allow_retokenization: true` if that is meant.")]);
    }

    private static RoundTrip Compare(IReadOnlyList<string> texts, TextTokenizer one, TextTokenizer other, ModelTokens before, OutputVocabulary vocabulary)
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
            bool isSameText = isOfBefore && ids.Select(id => here.GetValueOrDefault(id)).SequenceEqual(moved.Select(id => there.GetValueOrDefault(id)));
            retokenized += isOfBefore && !isSameText ? 1 : 0;
        }

        return new RoundTrip(texts.Count, changed, retokenized, vocabulary.NewPieces.Count(piece => !IsReached(piece, other, vocabulary.Owner.Kind)), null);
    }

    // A piece of bytes has no text of its own, nor has one that goes on with a word.
    private static bool IsReached(Piece piece, TextTokenizer tokenizer, string kind)
    {
        string text = kind == ModelTokens.WordPiece && piece.Text.StartsWith("##", StringComparison.Ordinal) ? "" : tokenizer.Decode([piece.Id]);
        return text.Length == 0 || text.Contains('\uFFFD', StringComparison.Ordinal) || tokenizer.Encode(text).Count <= 1 || tokenizer.Encode(text.TrimStart(' ')).Count <= 1;
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
            throw new MergeHostException(new Problem(ErrorCodes.ModelNotFound, $"'sample': {file} cannot be read: {exception.Message.TrimEnd('.')}", "Name a text file."), exception);
        }
    }
}
