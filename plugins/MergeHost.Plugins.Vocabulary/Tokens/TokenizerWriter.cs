using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>Writes the tokenizer's files of a vocabulary: those of its owner, with what was added and left out.</summary>
internal static class TokenizerWriter
{
    private const string Settings = "tokenizer_config.json";
    private const string Map = "special_tokens_map.json";

    // A vocabulary of one's own in other files, and the list that only counts without a decoder: tokenizer.json says it all.
    private static readonly string[] _replaced =
        [TokenizerFiles.Json, TokenizerFiles.SentencePiece, Settings, Map, "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
            "spiece.model", "sentencepiece.bpe.model", "tekken.json"];

    private static readonly string[] _kept = ["chat_template.jinja", "chat_template.json"];

    /// <summary>The files.</summary>
    /// <exception cref="MergeHostException">The owner's files do not hold what a new one is made from.</exception>
    public static IReadOnlyList<CompanionFile> Write(OutputVocabulary vocabulary)
    {
        ModelTokens owner = vocabulary.Owner;
        if (!vocabulary.IsChanged)
        {
            return [.. owner.Companions.Where(IsTokenizer)];
        }

        JsonObject json = owner.TakeJson() ?? throw NoJson(owner);
        JsonObject model = json["model"]!.AsObject();
        RemoveLeft(owner, model, vocabulary.Left);
        AddPieces(vocabulary, model);
        AddMerges(vocabulary, model);
        json["added_tokens"] = new JsonArray([.. vocabulary.Added.Select(token => token.ToJson())]);
        CheckProcessor(owner, json, vocabulary);
        List<CompanionFile> files = [.. owner.Companions.Where(file => IsTokenizer(file) && !_replaced.Contains(file.Name))];
        files.Add(CompanionFile.FromBytes(TokenizerFiles.Json, PythonJson.Indented(json)));
        if (ModelTokens.ReadJson(owner.Name, owner.Companions, Settings) is { } settings)
        {
            files.Add(CompanionFile.FromBytes(Settings, PythonJson.Indented(Adjust(settings, vocabulary))));
        }

        if (ModelTokens.ReadJson(owner.Name, owner.Companions, Map) is { } map)
        {
            files.Add(CompanionFile.FromBytes(Map, PythonJson.Indented(Named(map, vocabulary))));
        }

        return files;
    }

    private static bool IsTokenizer(CompanionFile file) => _replaced.Contains(file.Name) || _kept.Contains(file.Name)
        || file.Name.StartsWith("tokenizer.", StringComparison.Ordinal)
        || file.Name.StartsWith(CompanionFile.TemplateFolder + "/", StringComparison.Ordinal);

    private static void RemoveLeft(ModelTokens owner, JsonObject model, IReadOnlySet<string> left)
    {
        HashSet<string> pieces = [.. owner.Pieces.Select(piece => piece.Text).Intersect(left)];
        if (pieces.Count == 0)
        {
            return;
        }

        switch (model["vocab"])
        {
            case JsonObject ids:
                foreach (string piece in pieces)
                {
                    ids.Remove(piece);
                }

                break;
            case JsonArray places:
                // Those that are left out are the last.
                while (places.Count > 0 && places[^1].At(0).AsText() is { } text && pieces.Contains(text))
                {
                    places.RemoveAt(places.Count - 1);
                }

                break;
        }

        if (model["merges"] is JsonArray merges)
        {
            model["merges"] = new JsonArray(
            [
                .. merges.Where(merge => ModelTokens.Pair(merge) is not (string left, string right)
                    || !new[] { left, right, left + right }.Any(pieces.Contains))
                    .Select(merge => merge?.DeepClone()),
            ]);
        }
    }

    private static void AddPieces(OutputVocabulary vocabulary, JsonObject model)
    {
        switch (model["vocab"])
        {
            case JsonObject ids:
                foreach (TokenPiece piece in vocabulary.NewPieces)
                {
                    ids[piece.Text] = piece.Id;
                }

                break;

            // A piece's id is its place, so that the tokens between get places, too; they are
            // found before text is cut, and never as pieces.
            case JsonArray places when vocabulary.NewPieces.Count > 0:
                double least = places.Min(place => place.At(1).AsNumber() ?? 0);
                Dictionary<int, string> texts = [];
                foreach ((string text, int id) in vocabulary.Ids)
                {
                    texts[id] = text;
                }

                foreach (TokenPiece piece in vocabulary.NewPieces)
                {
                    while (places.Count < piece.Id)
                    {
                        places.Add(new JsonArray(texts.GetValueOrDefault(places.Count, $"<no token {places.Count}>"), least - 10));
                    }

                    places.Add(new JsonArray(piece.Text, piece.Score));
                }

                break;
        }
    }

    // The base's merges rank before those of the others.
    private static void AddMerges(OutputVocabulary vocabulary, JsonObject model)
    {
        if (vocabulary.NewPieces.Count == 0 || model["merges"] is not JsonArray merges || model["vocab"] is not JsonObject pieces)
        {
            return;
        }

        bool areTexts = merges.FirstOrDefault() is JsonValue;
        HashSet<(string, string)> known = [.. merges.Select(ModelTokens.Pair).OfType<(string, string)>()];
        foreach (ModelTokens other in vocabulary.Others)
        {
            foreach ((string left, string right) in other.Merges())
            {
                if (pieces.ContainsKey(left) && pieces.ContainsKey(right) && pieces.ContainsKey(left + right) && known.Add((left, right)))
                {
                    merges.Add(areTexts && !left.Contains(' ', StringComparison.Ordinal)
                        ? JsonValue.Create($"{left} {right}")
                        : new JsonArray(left, right));
                }
            }
        }
    }

    private static void CheckProcessor(ModelTokens owner, JsonObject json, OutputVocabulary vocabulary)
    {
        foreach (JsonNode step in TokenizerSteps.Of(json["post_processor"]))
        {
            if (step.Find("special_tokens") is JsonObject tokens
                && tokens.FirstOrDefault(token => vocabulary.Left.Contains(token.Key)).Key is { } left)
            {
                throw new CheckpointException(new Problem(ErrorCodes.VocabularyMismatch,
                    $"'{owner.Name}' puts the token '{CheckpointException.Printable(left)}' around texts, and its embedding has no row for "
                        + "it",
                    "Name another model by `source:`."));
            }
        }
    }

    private static JsonObject Adjust(JsonObject settings, OutputVocabulary vocabulary)
    {
        if (settings.ContainsKey("added_tokens_decoder"))
        {
            settings["added_tokens_decoder"] =
                new JsonObject(vocabulary.Added.Select(token => KeyValuePair.Create($"{token.Id}", (JsonNode?)token.ToDecoder())));
        }

        return Named(settings, vocabulary);
    }

    // A special token without a row would be added anew by whoever reads the files, behind the last row.
    private static JsonObject Named(JsonObject settings, OutputVocabulary vocabulary)
    {
        foreach ((string role, string text) in StoredToken.Named(settings))
        {
            if (vocabulary.Left.Contains(text))
            {
                settings.Remove(role);
            }
        }

        return settings;
    }

    private static CheckpointException NoJson(ModelTokens owner) => new(new Problem(ErrorCodes.NotSupported,
        $"'{owner.Name}' has no {TokenizerFiles.Json} that a new vocabulary could be written into",
        $"Load its tokenizer in transformers and save it, which writes {TokenizerFiles.Json}."));
}
