using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>A tokenizer as <c>tokenizer.json</c> says it, whatever files it comes in.</summary>
public static class TokenizerFiles
{
    /// <summary>The file that decides where it is there.</summary>
    public const string Json = "tokenizer.json";

    /// <summary>SentencePiece's own file.</summary>
    public const string SentencePiece = "tokenizer.model";

    internal const string Settings = "tokenizer_config.json";

    private const string Bytes = "vocab.json";
    private const string Words = "vocab.txt";
    private const string Merges = "merges.txt";

    /// <summary>Reads or makes it: of <c>tokenizer.json</c>, or else <c>vocab.json</c> and <c>merges.txt</c>,
    /// <c>vocab.txt</c>, or <c>tokenizer.model</c>.</summary>
    /// <param name="companions">The files beside the weights.</param>
    /// <returns>
    /// The caller's own; <see langword="null"/> if none of the files is there, or if they do not tell how text is cut: that takes
    /// a class of tokenizer (<c>tokenizer_class</c>, or else <c>model_type</c> of <c>config.json</c>) that is known, such as
    /// BERT's, GPT-2's, RoBERTa's, BART's or Qwen2's.
    /// </returns>
    /// <exception cref="MergeHostException">MH2013: a file is broken; MH6004: the SentencePiece model is
    /// of a kind that is not known here.</exception>
    public static JsonObject? AsJson(IReadOnlyList<CompanionFile> companions)
    {
        if (Find(companions, Json)?.ReadJson() is { } stored)
        {
            return stored;
        }

        JsonObject? settings = Find(companions, Settings)?.ReadJson();
        if (Find(companions, Bytes)?.ReadJson() is { } pieces)
        {
            return Find(companions, Merges) is { } merges
                ? JsonOfByteLevel.Make(pieces, Lines(merges), settings, Kind(companions, settings))
                : null;
        }

        if (Find(companions, Words) is { } words)
        {
            return JsonOfWordPiece.Make([.. Lines(words)], settings, Kind(companions, settings));
        }

        if (Find(companions, SentencePiece) is { } model)
        {
            SentencePieceModel read = SentencePieceModel.Read(model.ReadBytes(), SentencePiece);
            read.ThrowIfUnsupported(SentencePiece);
            return JsonOfSentencePiece.Make(read, settings);
        }

        return null;
    }

    internal static CompanionFile? Find(IReadOnlyList<CompanionFile> companions, string name) =>
        companions.FirstOrDefault(file => file.Name == name);

    /// <summary>A token that is found in a text as it is, as <c>tokenizer.json</c> lists it.</summary>
    internal static JsonObject Added(string text, int id, bool isSpecial, bool takesSpaceBefore = false) => new()
    {
        ["id"] = id,
        ["content"] = text,
        ["single_word"] = false,
        ["lstrip"] = takesSpaceBefore,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = isSpecial,
    };

    /// <summary>What is put around texts: a token in front, and one behind if there is one.</summary>
    /// <param name="begin">The token in front, with its id.</param>
    /// <param name="end">The token behind; <see langword="null"/> for none.</param>
    /// <param name="between">How many tokens as <paramref name="end"/> stand between two texts.</param>
    internal static JsonObject Around((string Text, int Id) begin, (string Text, int Id)? end, int between = 1)
    {
        JsonObject Token(string text, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = text, ["type_id"] = type } };
        JsonObject Part(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        IEnumerable<JsonNode> End(int type, int count = 1) =>
            end is { } token ? Enumerable.Range(0, count).Select(_ => (JsonNode)Token(token.Text, type)) : [];
        IEnumerable<JsonNode> second = end is null ? [Token(begin.Text, 1), Part("B", 1)] : [.. End(0, between), Part("B", 1), .. End(1)];
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray([Token(begin.Text, 0), Part("A", 0), .. End(0)]),
            ["pair"] = new JsonArray([Token(begin.Text, 0), Part("A", 0), .. second]),
            ["special_tokens"] = new JsonObject(((IEnumerable<(string Text, int Id)>)(end is { } last ? [begin, last] : [begin]))
                .DistinctBy(token => token.Text).Select(token =>
                    KeyValuePair.Create(token.Text,
                        (JsonNode?)new JsonObject
                        {
                            ["id"] = token.Text,
                            ["ids"] = new JsonArray(token.Id),
                            ["tokens"] = new JsonArray(token.Text)
                        }))),
        };
    }

    private static string? Kind(IReadOnlyList<CompanionFile> companions, JsonObject? settings)
    {
        JsonObject? config = Find(companions, "config.json")?.ReadJson();
        string? kind = settings.Find("tokenizer_class").AsText() ?? config.Find("tokenizer_class").AsText()
            ?? config.Find("model_type").AsText();
        return kind is not null && kind.EndsWith("Fast", StringComparison.Ordinal) ? kind[..^4] : kind;
    }

    private static IEnumerable<string> Lines(CompanionFile file) =>
        Encoding.UTF8.GetString(file.ReadBytes()).TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r'));
}
