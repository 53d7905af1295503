using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.LanguageModel.Tests;

public class TokenizerTests
{
    [Fact]
    public void SentencePiece_OfTheFamily_GivesTheOraclesIds()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        TextTokenizer tokenizer = TokenizerReader.Read(checkpoint.Companions);
        Assert.Equal(1, tokenizer.BeginId);
        Assert.True(Oracle.Lines.Count >= 50);
        Assert.All(Oracle.Lines, line => Assert.Equal(line.Ids, tokenizer.Encode(line.Text)));
    }

    /// <summary><c>fixtures/tokenizers/user-defined/make.py</c> made them.</summary>
    [Fact]
    public void SentencePiece_WithPiecesThatTheUserDefined_GivesSentencePiecesIds()
    {
        TextTokenizer tokenizer = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.model",
            File.ReadAllBytes(Fixtures.File("tokenizers", "user-defined", "tokenizer.model")))]);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "user-defined", "expected.jsonl"))
            .Select(line => JsonNode.Parse(line)!)];
        Assert.All(lines, line => Assert.Equal(line["ids"].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
        Assert.All(lines,
            line => Assert.Equal(((string)line["text"]!).Replace('▁', ' '), tokenizer.DecodeWhole(line["ids"].Deserialize<int[]>()!)));
    }

    // '..' (1151) can be merged at two places of '...'; the left one comes first.
    [Fact]
    public void SentencePiece_WhenAPairStandsAtTwoPlaces_MergesTheLeft()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        Assert.Equal([304, 427, 996, 1151, 1572, 268], TokenizerReader.Read(checkpoint.Companions).Encode("lemma... of"));
    }

    /// <summary>Ids of Hugging Face's tokenizers 0.23.1; <c>fixtures/tokenizers/make.py</c> made them.</summary>
    [Theory]
    [InlineData("gpt-2", null)]
    [InlineData("llama-3", 701)]
    [InlineData("qwen-2", null)]
    [InlineData("smollm", null)]
    public void ByteLevel_WithTheSettingsOfEachFamily_GivesTheIdsOfTokenizers(string name, int? beginId)
    {
        TextTokenizer tokenizer = TokenizerReader.Read([Companion(name)]);
        Assert.Equal(beginId, tokenizer.BeginId);
        JsonArray lines = JsonNode.Parse(File.ReadAllText(Fixtures.File("tokenizers", name, "expected.json")))!.AsArray();
        Assert.All(lines, line => Assert.Equal(line!["ids"].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
    }

    [Fact]
    public void ByteLevel_OfEndlessPieces_KeepsABoundedNumberAndGivesTheSameIds()
    {
        ByteLevelBpe tokenizer = new((JsonObject)JsonNode.Parse(Companion("gpt-2").ReadBytes())!, null, null);
        IReadOnlyList<int> first = tokenizer.Encode("a fox of 12 words");
        for (int number = 0; number < 140_000; number++)
        {
            tokenizer.Encode($" x{number}");
        }

        Assert.InRange(tokenizer.KnownCount, 1, 1 << 16);
        Assert.Equal(first, tokenizer.Encode("a fox of 12 words"));
        int before = tokenizer.KnownCount;
        tokenizer.Encode(new string('y', 100_000));
        Assert.Equal(before, tokenizer.KnownCount);
    }

    /// <summary>Letters, signs and spaces of many scripts; <c>fixtures/tokenizers/hard.py</c> made them.</summary>
    [Theory]
    [InlineData("sentencepiece")]
    [InlineData("gpt-2")]
    [InlineData("llama-3")]
    [InlineData("qwen-2")]
    public void Encode_OfHardLines_GivesTheIdsOfTheRealTokenizer(string name)
    {
        using ICheckpointReader family = Fixtures.Family("base");
        TextTokenizer tokenizer = TokenizerReader.Read(name == "sentencepiece" ? family.Companions : [Companion(name)]);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "hard.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.All(lines, line => Assert.Equal(line[name].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
    }

    /// <summary>Ids of Hugging Face's tokenizers 0.23.1; <c>fixtures/tokenizers/added/make.py</c> made them.</summary>
    [Fact]
    public void Encode_OfAddedAndControlTokensInText_GivesTheIdsOfTokenizers()
    {
        JsonArray cases = JsonNode.Parse(File.ReadAllText(Fixtures.File("tokenizers", "added", "cases.json")))!.AsArray();
        Assert.True(cases.Count >= 22);
        foreach (JsonNode? @case in cases)
        {
            TextTokenizer tokenizer = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json",
                Encoding.UTF8.GetBytes(Changed(@case!).ToJsonString()))]);
            Assert.All(@case!["lines"]!.AsArray(), line =>
                Assert.True(line!["ids"].Deserialize<int[]>()!.SequenceEqual(tokenizer.Encode((string)line["text"]!)),
                    $"{@case["name"]}: {line.ToJsonString()}: {string.Join(",", tokenizer.Encode((string)line["text"]!))}"));
        }
    }

    /// <summary>Ids of Hugging Face's tokenizers 0.23.1; <c>fixtures/tokenizers/pieces/make.py</c> made them.</summary>
    [Theory]
    [InlineData("t5")]
    [InlineData("xlm-r")]
    [InlineData("unigram-bytes")]
    [InlineData("unigram-plain")]
    [InlineData("bert")]
    [InlineData("bert-cased")]
    public void Encode_OfUnigramAndWordPiece_GivesTheIdsOfTokenizers(string name)
    {
        string folder = Environment.GetEnvironmentVariable("MERGEHOST_PIECES") ?? Fixtures.File("tokenizers", "pieces");
        TextTokenizer tokenizer = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json",
            File.ReadAllBytes(Path.Combine(folder, $"{name}.json")))]);
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(folder, "expected.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.True(lines.Length >= 60);
        Assert.All(lines, line => Assert.Equal(line[name].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
    }

    /// <summary>Ids of SentencePiece 0.2.2; <c>fixtures/tokenizers/models/make.py</c> made models and ids.</summary>
    [Theory]
    [InlineData("unigram-bytes")]
    [InlineData("unigram-mapped")]
    [InlineData("unigram-no-prefix")]
    public void Encode_OfAUnigramModelAlone_GivesSentencePiecesIds(string name)
    {
        CompanionFile model = CompanionFile.FromBytes("tokenizer.model",
            File.ReadAllBytes(Fixtures.File("tokenizers", "models", $"{name}.model")));
        TextTokenizer tokenizer = TokenizerReader.Read([model]);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "models", "expected.jsonl"))
            .Select(line => JsonNode.Parse(line)!)];
        Assert.True(lines.Length >= 40);
        Assert.All(lines, line => Assert.Equal(line[name].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
    }

    // The ids that tokenizers gave for the tokenizer.json that the older files are taken from.
    [Theory]
    [InlineData("gpt-2", "GPT2TokenizerFast")]
    [InlineData("qwen-2", "Qwen2Tokenizer")]
    public void Encode_OfVocabularyAndMergesAlone_GivesTheIdsOfTokenizers(string name, string kind)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(Fixtures.File("tokenizers", name, "tokenizer.json")))!.AsObject();
        string merges = string.Join('\n',
            json["model"]!["merges"]!.AsArray().Select(merge => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)merge!));
        JsonObject added = new(json["added_tokens"]!.AsArray()
            .Select(token => KeyValuePair.Create($"{token!["id"]}", (JsonNode?)token.DeepClone())));
        CompanionFile[] files =
        [
            Text("vocab.json", json["model"]!["vocab"]!.ToJsonString()),
            Text("merges.txt", $"#version: 0.2\n{merges}\n"),
            Text("tokenizer_config.json", new JsonObject { ["tokenizer_class"] = kind, ["added_tokens_decoder"] = added }.ToJsonString()),
        ];
        TextTokenizer tokenizer = TokenizerReader.Read(files);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "hard.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.All(lines, line => Assert.Equal(line[name].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => TokenizerReader.Read(files[..2]));
        Assert.Equal("MH6004", exception.Code.Id);
    }

    [Theory]
    [InlineData("bert", "{}", "bert")]
    [InlineData("bert-cased", """{"tokenizer_class": "BertTokenizer", "do_lower_case": false, "tokenize_chinese_chars": false}""", "")]
    public void Encode_OfAListOfWordsAlone_GivesTheIdsOfTokenizers(string name, string settings, string model)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(Fixtures.File("tokenizers", "pieces", $"{name}.json")))!;
        string words = string.Join('\n', json["model"]!["vocab"]!.AsObject().OrderBy(word => (int)word.Value!).Select(word => word.Key));
        CompanionFile[] files = [Text("vocab.txt", words + "\n"), Text("tokenizer_config.json", settings),
            Text("config.json", $"{{\"model_type\": \"{model}\"}}")];
        TextTokenizer tokenizer = TokenizerReader.Read(files);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "pieces", "expected.jsonl"))
            .Select(line => JsonNode.Parse(line)!)];
        Assert.All(lines, line => Assert.Equal(line[name].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
        Assert.Equal("MH6004",
            Assert.Throws<MergeHostException>(() =>
                TokenizerReader.Read([files[0],
                    Text("tokenizer_config.json", """{"tokenizer_class": "BertJapaneseTokenizer"}""")])).Code.Id);
    }

    private static CompanionFile Text(string name, string content) => CompanionFile.FromBytes(name, Encoding.UTF8.GetBytes(content));

    [Theory]
    [InlineData("xlm-r", "\"type\":\"Replace\"", "\"type\":\"Nmt\"", "MH6004", "normalizer")]
    [InlineData("xlm-r", " {2,}", "a+", "MH6004", "normalizer")]
    [InlineData("xlm-r", "\"type\":\"Metaspace\"", "\"type\":\"Punctuation\"", "MH6004", "pre-tokenizer")]
    [InlineData("t5", "\"precompiled_charsmap\":\"", "\"precompiled_charsmap\":\"QQ", "MH2013", "no map of characters")]
    [InlineData("t5", "[\"<s>\",0.0]", "[\"<s>\",null]", "MH2013", "is no text with a score")]
    [InlineData("bert", "\"type\":\"BertPreTokenizer\"", "\"type\":\"Whitespace\"", "MH6004", "of WordPiece")]
    public void Read_OfPiecesWithASettingThatIsNotKnown_IsRefused(string name, string known, string other, string code, string said)
    {
        string json = File.ReadAllText(Fixtures.File("tokenizers", "pieces", $"{name}.json"));
        Assert.Contains(known, json, StringComparison.Ordinal);
        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
            TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json",
                Encoding.UTF8.GetBytes(json.Replace(known, other, StringComparison.Ordinal)))]));
        Assert.Equal(code, exception.Code.Id);
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xlm-r", "the ferry came in")]
    [InlineData("bert", "the ferry came in")]
    public void Decode_OfUnigramAndWordPiece_IsTheText(string name, string text)
    {
        TextTokenizer tokenizer = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json",
            File.ReadAllBytes(Fixtures.File("tokenizers", "pieces", $"{name}.json")))]);
        Assert.Equal(text, tokenizer.DecodeWhole(tokenizer.Encode(text)));
    }

    [Fact]
    public void Encode_WhenBothFilesAreThere_FindsTokensOfTokenizerJsonAlone()
    {
        using ICheckpointReader family = Fixtures.Family("base");
        JsonObject json = family.Companions.Single(file => file.Name == "tokenizer.json").ReadJson();
        json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id":2048,"content":"<|im_start|>","normalized":false,"special":true}"""));
        CompanionFile[] files = [CompanionFile.FromBytes("tokenizer.json", Encoding.UTF8.GetBytes(json.ToJsonString())),
            family.Companions.Single(file => file.Name == "tokenizer.model")];
        Assert.Contains(2048, TokenizerReader.Read(files).Encode("<|im_start|>user"));
    }

    [Theory]
    [InlineData("""{"added_tokens_decoder": {"2048": {"content": "<|im_start|>", "special": true}}}""", null)]
    [InlineData("{}", """{"<|im_start|>": 2048}""")]
    public void Encode_OfAModelFileWithTokensBesideIt_FindsThem(string settings, string? added)
    {
        using ICheckpointReader family = Fixtures.Family("base");
        List<CompanionFile> files = [family.Companions.Single(file => file.Name == "tokenizer.model"),
            CompanionFile.FromBytes("tokenizer_config.json", Encoding.UTF8.GetBytes(settings))];
        files.AddRange(added is null ? [] : [CompanionFile.FromBytes("added_tokens.json", Encoding.UTF8.GetBytes(added))]);
        TextTokenizer tokenizer = TokenizerReader.Read(files);
        Assert.Equal([1, 2048, 2], tokenizer.Encode("<s><|im_start|></s>"));
        Assert.Equal("<|im_start|>", tokenizer.Name(2048));
    }

    [Fact]
    public void Begin_WhenTokenizerJsonAloneIsThere_IsOfItsTemplate()
    {
        using ICheckpointReader family = Fixtures.Family("base");
        TextTokenizer tokenizer = TokenizerReader.Read([family.Companions.Single(file => file.Name == "tokenizer.json")]);
        Assert.Equal(1, tokenizer.BeginId);
        Assert.All(Oracle.Lines, line => Assert.Equal(line.Ids, tokenizer.Encode(line.Text)));
        Assert.All(Oracle.Lines, line => Assert.Equal(line.Text, tokenizer.DecodeWhole(line.Ids)));
    }

    [Theory]
    [InlineData("gpt-2", "pre_tokenizer", "pretokenizers")]
    [InlineData("llama-3", "pre_tokenizer", "pretokenizers")]
    [InlineData("llama-3", "post_processor", "processors")]
    public void Read_OfASequenceWithinASequence_GivesTheSameIds(string name, string steps, string list)
    {
        JsonObject json = Companion(name).ReadJson();
        TextTokenizer plain = TokenizerReader.Read([Companion(name)]);
        json[steps] = new JsonObject { ["type"] = "Sequence", [list] = new JsonArray(json[steps]!.DeepClone()) };
        TextTokenizer nested = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.json",
            Encoding.UTF8.GetBytes(json.ToJsonString()))]);
        Assert.All(Oracle.Lines, line => Assert.Equal(plain.EncodeWhole(line.Text), nested.EncodeWhole(line.Text)));
    }

    [Theory]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Lowercase\"}", "normalizer 'Lowercase'")]
    [InlineData("\"add_prefix_space\":false", "\"add_prefix_space\":true", "pre-tokenizer")]
    [InlineData("\"unk_token\":null", "\"unk_token\":\"<unk>\"", "'unk_token' of the model")]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"WordLevel\"", "a tokenizer of type WordLevel")]
    public void Read_OfWhatIsNotKnown_IsRefusedByName(string known, string other, string name)
    {
        string json = Encoding.UTF8.GetString(Companion("gpt-2").ReadBytes());
        Assert.Contains(known, json, StringComparison.Ordinal);
        CompanionFile file = CompanionFile.FromBytes("tokenizer.json",
            Encoding.UTF8.GetBytes(json.Replace(known, other, StringComparison.Ordinal)));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => TokenizerReader.Read([file]));
        Assert.Equal(ErrorCodes.TokenizerNotSupported, exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAFileThatIsNoModel_IsRefused()
    {
        MergeHostException exception =
            Assert.Throws<MergeHostException>(() =>
                TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.model", "IQ== 0"u8.ToArray())]));
        Assert.Contains("tokenizer.model", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Begin_WhenTheSettingsSayNo_IsNone()
    {
        CompanionFile settings = CompanionFile.FromBytes("tokenizer_config.json", """{"add_bos_token": false}"""u8.ToArray());
        Assert.Null(TokenizerReader.Read([Companion("llama-3"), settings]).BeginId);
    }

    private static JsonObject Changed(JsonNode @case)
    {
        using ICheckpointReader family = Fixtures.Family("base");
        CompanionFile file = (string?)@case["tokenizer"] == "family"
            ? family.Companions.Single(file => file.Name == "tokenizer.json")
            : Companion("gpt-2");
        JsonObject json = file.ReadJson();
        @case["added_tokens"]!.AsArray().ToList().ForEach(token => json["added_tokens"]!.AsArray().Add(token!.DeepClone()));
        foreach ((string key, JsonNode? value) in @case["changes"]!.AsObject())
        {
            if (key != "model")
            {
                json[key] = value?.DeepClone();
                continue;
            }

            value!.AsObject().ToList().ForEach(setting => json["model"]![setting.Key] = setting.Value?.DeepClone());
        }

        return json;
    }

    private static CompanionFile Companion(string name) =>
        CompanionFile.FromBytes("tokenizer.json", File.ReadAllBytes(Fixtures.File("tokenizers", name, "tokenizer.json")));
}
