using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Tokenizers;

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
        TextTokenizer tokenizer = TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.model", File.ReadAllBytes(Fixtures.File("tokenizers", "user-defined", "tokenizer.model")))]);
        JsonNode[] lines = [.. File.ReadLines(Fixtures.File("tokenizers", "user-defined", "expected.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.All(lines, line => Assert.Equal(line["ids"].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
        Assert.All(lines, line => Assert.Equal(((string)line["text"]!).Replace('▁', ' '), tokenizer.DecodeWhole(line["ids"].Deserialize<int[]>()!)));
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
    public void ByteLevel_WithTheSettingsOfEachFamily_GivesTheIdsOfTokenizers(string name, int? beginId)
    {
        TextTokenizer tokenizer = TokenizerReader.Read([Companion(name)]);
        Assert.Equal(beginId, tokenizer.BeginId);
        JsonArray lines = JsonNode.Parse(File.ReadAllText(Fixtures.File("tokenizers", name, "expected.json")))!.AsArray();
        Assert.All(lines, line => Assert.Equal(line!["ids"].Deserialize<int[]>()!, tokenizer.Encode((string)line["text"]!)));
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

    [Theory]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Lowercase\"}", "normalizer 'Lowercase'")]
    [InlineData("\"add_prefix_space\":false", "\"add_prefix_space\":true", "pre-tokenizer")]
    [InlineData("\"lstrip\":false", "\"lstrip\":true", "'lstrip' of added token '<|end|>'")]
    [InlineData("\"unk_token\":null", "\"unk_token\":\"<unk>\"", "'unk_token' of the model")]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"WordPiece\"", "a tokenizer of type WordPiece")]
    public void Read_OfWhatIsNotKnown_IsRefusedByName(string known, string other, string name)
    {
        string json = Encoding.UTF8.GetString(Companion("gpt-2").ReadBytes());
        Assert.Contains(known, json, StringComparison.Ordinal);
        CompanionFile file = CompanionFile.FromBytes("tokenizer.json", Encoding.UTF8.GetBytes(json.Replace(known, other, StringComparison.Ordinal)));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => TokenizerReader.Read([file]));
        Assert.Equal(ErrorCodes.TokenizerNotSupported, exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfAFileThatIsNoModel_IsRefused()
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => TokenizerReader.Read([CompanionFile.FromBytes("tokenizer.model", "IQ== 0"u8.ToArray())]));
        Assert.Contains("tokenizer.model", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Begin_WhenTheSettingsSayNo_IsNone()
    {
        CompanionFile settings = CompanionFile.FromBytes("tokenizer_config.json", """{"add_bos_token": false}"""u8.ToArray());
        Assert.Null(TokenizerReader.Read([Companion("llama-3"), settings]).BeginId);
    }

    private static CompanionFile Companion(string name) =>
        CompanionFile.FromBytes("tokenizer.json", File.ReadAllBytes(Fixtures.File("tokenizers", name, "tokenizer.json")));
}
