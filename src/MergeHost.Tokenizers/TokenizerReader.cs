using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Reads a checkpoint's tokenizer: byte-level BPE, SentencePiece's BPE, Unigram or WordPiece, from <c>tokenizer.json</c> or
/// the files that were there before it.</summary>
public static class TokenizerReader
{
    /// <summary>Reads the tokenizer.</summary>
    /// <param name="companions">The files beside the weights.</param>
    /// <remarks>
    /// Where several files are there <c>tokenizer.json</c> decides, as in transformers; without it <c>vocab.json</c> with
    /// <c>merges.txt</c>, then <c>vocab.txt</c>, then <c>tokenizer.model</c>.
    /// </remarks>
    /// <exception cref="MergeHostException">MH6004: there is none, or none of a kind that is read to the
    /// letter; MH2013: a file is broken.</exception>
    public static TextTokenizer Read(IReadOnlyList<CompanionFile> companions) =>
        Read(companions, TokenizerFiles.Find(companions, TokenizerFiles.Json)?.ReadJson());

    /// <summary>Reads the tokenizer, of whose files one is read already.</summary>
    /// <param name="companions">The files beside the weights.</param>
    /// <param name="json">What <c>tokenizer.json</c> holds; <see langword="null"/> if it is not there. It may
    /// be changed once the call has returned.</param>
    /// <exception cref="MergeHostException">MH6004: there is none, or none of a kind that is read to the
    /// letter; MH2013: a file is broken.</exception>
    public static TextTokenizer Read(IReadOnlyList<CompanionFile> companions, JsonObject? json)
    {
        JsonObject? settings = TokenizerFiles.Find(companions, TokenizerFiles.Settings)?.ReadJson();
        JsonObject? added = TokenizerFiles.Find(companions, "added_tokens.json")?.ReadJson();
        if (json is null && SentencePieceFiles.FindBpe(companions) is { } pieces)
        {
            return SentencePieceFiles.Read(pieces, added, settings);
        }

        json ??= TokenizerFiles.AsJson(companions);
        if (json is not null && ByteLevelBpe.Recognises(json))
        {
            ByteLevelBpe bytes = new(json, added, settings);
            return new TextTokenizer(bytes.Encode, bytes.Find, addsPrefix: false, BeginToken.Find(json, settings, bytes.AddedList));
        }

        if (json is not null && SentencePieceFiles.Recognises(json))
        {
            return SentencePieceFiles.Read(json, added, settings);
        }

        if (json is not null && UnigramFiles.Recognises(json))
        {
            return UnigramFiles.Read(json, added, settings);
        }

        if (json is not null && WordPieceFiles.Recognises(json))
        {
            return WordPieceFiles.Read(json, added, settings);
        }

        string kind = json.Find("model").Find("type").AsText() ?? "no known kind";
        throw TokenizerException.Unsupported(TokenizerFiles.Json,
            json is null ? "a checkpoint without a tokenizer" : $"a tokenizer of type {kind}, neither byte-level nor SentencePiece's,",
            $"byte-level BPE, SentencePiece's BPE, Unigram and WordPiece in {TokenizerFiles.Json} or the files before it");
    }
}
