using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Tokenizers;

/// <summary>Reads a checkpoint's tokenizer: byte-level BPE from <c>tokenizer.json</c>, SentencePiece from <c>tokenizer.model</c>.</summary>
internal static class TokenizerReader
{
    private const string Json = "tokenizer.json";
    private const string SentencePiece = "tokenizer.model";

    /// <summary>Reads the tokenizer.</summary>
    /// <param name="companions">The files beside the weights.</param>
    /// <exception cref="MergeHostException">MH6004: there is none, or none of a kind that is read to the letter; MH2013: a file is broken.</exception>
    public static TextTokenizer Read(IReadOnlyList<CompanionFile> companions)
    {
        JsonObject? json = Find(companions, Json)?.ReadJson();
        JsonObject? settings = Find(companions, "tokenizer_config.json")?.ReadJson();
        if (json is not null && ByteLevelBpe.Recognises(json))
        {
            ByteLevelBpe bytes = new(json);
            return new TextTokenizer(bytes.Encode, bytes.Find, addsPrefix: false, BeginToken.Find(json, settings));
        }

        if (Find(companions, SentencePiece) is { } model)
        {
            SentencePieceBpe pieces = new(model.ReadBytes());
            bool begins = settings.Find("add_bos_token").AsTruth() ?? true;
            return new TextTokenizer(pieces.Encode, pieces.Find, pieces.AddsPrefix, begins ? pieces.BeginId : null);
        }

        string kind = json.Find("model").Find("type").AsText() ?? "no known kind";
        throw TokenizerException.Unsupported(Json, json is null ? "a checkpoint without a tokenizer" : $"a tokenizer of type {kind} that is not byte-level",
            $"byte-level BPE in {Json}, SentencePiece BPE in {SentencePiece}");
    }

    private static CompanionFile? Find(IReadOnlyList<CompanionFile> companions, string name) => companions.FirstOrDefault(file => file.Name == name);
}
