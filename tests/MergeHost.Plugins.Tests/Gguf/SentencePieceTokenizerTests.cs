using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.Gguf.Names.Tokens;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Testing;
using MergeHost.Tokenizers;
using static MergeHost.Plugins.Tests.Gguf.GgufBytes;

namespace MergeHost.Plugins.Tests.Gguf;

public sealed class SentencePieceTokenizerTests : IDisposable
{
    private const uint Array = 9;

    private static readonly string _fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures");

    private readonly TemporaryFolder _folder = new();

    // Models of SentencePiece, and what the library tokenizers makes of them.
    public static TheoryData<string, string> Models => new()
    {
        { "gguf/tokenizers/space.model", "gguf/tokenizers/space.json" },
        { "gguf/tokenizers/plain.model", "gguf/tokenizers/plain.json" },
        { "tokenizers/user-defined/tokenizer.model", "gguf/tokenizers/user-defined.json" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void ToCompanions_OfAModel_GivesTheFileOfTheLibraryTokenizers(string model, string json)
    {
        IReadOnlyList<CompanionFile> files = TokenizerMap.ToCompanions(MetadataOf(Fixture("tokenizer.model", model)));
        Assert.Equal(["tokenizer.model", "tokenizer.json", "tokenizer_config.json"], files.Select(file => file.Name));
        JsonObject expected = Fixture("tokenizer.json", json).ReadJson();
        JsonObject made = files[1].ReadJson();
        foreach ((string name, JsonNode? value) in expected)
        {
            Assert.True(JsonNode.DeepEquals(value, made[name]), $"{name}: {made[name]?.ToJsonString()} for {value?.ToJsonString()}");
        }

        Assert.Equal(expected.Count, made.Count);
    }

    [Theory]
    [InlineData("gguf/tokenizers/space.model")]
    [InlineData("gguf/tokenizers/plain.model")]
    [InlineData("tokenizers/user-defined/tokenizer.model")]
    public void ToCompanions_OfAModel_GivesTheModelAgain(string model)
    {
        CompanionFile stored = Fixture("tokenizer.model", model);
        Metadata metadata = MetadataOf(stored);
        SentencePieceModel expected = SentencePieceModel.Read(stored.ReadBytes(), model);
        SentencePieceModel written = SentencePieceModel.Read(TokenizerMap.ToCompanions(metadata)[0].ReadBytes(), model);
        Assert.Equal(expected.Pieces, written.Pieces);
        Assert.Equal(expected.AddsPrefix, written.AddsPrefix);
    }

    [Theory]
    [InlineData("gguf/tokenizers/space.model", "gguf/tokenizers/space.json")]
    [InlineData("gguf/tokenizers/plain.model", "gguf/tokenizers/plain.json")]
    public void ToMetadata_OfTheJsonAlone_GivesWhatTheModelGives(string model, string json)
    {
        Metadata expected = MetadataOf(Fixture("tokenizer.model", model));
        Metadata made = MetadataOf(Fixture("tokenizer.json", json));
        Assert.Equal(expected.Entries.Select(entry => entry.Key), made.Entries.Select(entry => entry.Key));
        Assert.Equal(expected.Entries.Where(entry => entry.Type != MetadataType.Array).Select(entry => entry.ToString()),
            made.Entries.Where(entry => entry.Type != MetadataType.Array).Select(entry => entry.ToString()));

        // Scores of what is no normal piece say nothing.
        static IEnumerable<(string, SentencePieceKind, float)> Pieces(Metadata metadata) =>
            TokenizerMap.Pieces(metadata)!
                .Select(piece => (piece.ToString(), piece.Kind, piece.Kind == SentencePieceKind.Normal ? piece.Score : 0));
        Assert.Equal(Pieces(expected), Pieces(made));
    }

    // As published files of Phi 3 have it: fillers are unknown tokens, the unknown token is a mark. SentencePiece takes just one.
    [Fact]
    public void Open_OfSeveralUnknownTokens_MakesATokenizerOfOne()
    {
        GgufBytes file = GgufBytes.Good().Key("tokenizer.ggml.model", "llama")
            .Key("tokenizer.ggml.tokens", Array, [.. U32(8), .. U64(3), .. Text("<unk>"), .. Text("a"), .. Text("[PAD2]")])
            .Key("tokenizer.ggml.scores", Array, [.. U32(6), .. U64(3), .. new byte[12]])
            .Key("tokenizer.ggml.token_type", Array, [.. U32(5), .. U64(3), .. U32(3), .. U32(1), .. U32(2)])
            .Key("tokenizer.ggml.unknown_token_id", 4, U32(0));
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Write("model.gguf", file.ToArray()));
        CompanionFile model = reader.Companions.Single(companion => companion.Name == "tokenizer.model");
        Assert.Equal([SentencePieceKind.Unknown, SentencePieceKind.Normal, SentencePieceKind.Unused],
            SentencePieceModel.Read(model.ReadBytes(), model.Name).Pieces.Select(piece => piece.Kind));
    }

    [Fact]
    public void Open_OfAnotherKindOfTokenizer_WarnsThatItIsNotWritten()
    {
        GgufBytes file = GgufBytes.Good().Key("tokenizer.ggml.model", "t5")
            .Key("tokenizer.ggml.tokens", Array, [.. U32(8), .. U64(1), .. Text("a")]);
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Write("model.gguf", file.ToArray()));
        Assert.Contains(reader.Warnings, warning => warning.Message.Contains("'t5'", StringComparison.Ordinal));
        Assert.DoesNotContain(reader.Companions,
            companion => companion.Name.StartsWith("tokenizer", StringComparison.Ordinal)
                && !companion.Name.EndsWith("gguf-kv", StringComparison.Ordinal));
    }

    // An added token that the vocabulary lacks gets the next free id, whatever id it states.
    [Fact]
    public void Write_OfAddedTokensAmongOthers_KeepsThemInTheVocabulary()
    {
        Piece[] pieces =
        [
            Some("<s>", SentencePieceKind.Control), Some("a", SentencePieceKind.Normal), Some("<x>", SentencePieceKind.UserDefined),
            SentencePieceTokenizer.Missing(3), Some("<y>", SentencePieceKind.Control),
        ];
        JsonNode made = JsonNode.Parse(SentencePieceJson.Write(pieces, addsSpace: true, ends: null, takesSpace: _ => false))!;
        Assert.Equal(["<s>", "a", "<y>"], made["model"]!["vocab"]!.AsObject().Select(token => token.Key));
        Assert.Equal([0, 2, 4], made["added_tokens"]!.AsArray().Select(token => (int)token!["id"]!));
    }

    // As llama.cpp has it of models whose name says so.
    [Theory]
    [InlineData("Phi-3 Mini", true)]
    [InlineData("Llama", false)]
    public void ToCompanions_OfPhi3_TakesSpaceAfterMarksWithThem(string name, bool takes)
    {
        Metadata metadata = MetadataOf(Fixture("tokenizer.model", "gguf/tokenizers/space.model"));
        JsonObject made =
            TokenizerMap.ToCompanions(new Metadata(metadata.Path, [.. metadata.Entries, MetadataEntry.Of("general.name", name)]))[1]
                .ReadJson();
        Assert.Equal([false, false, takes], made["added_tokens"]!.AsArray().Select(token => (bool)token!["rstrip"]!));
    }

    [Theory]
    [InlineData(0x09, "\t", true)]
    [InlineData(0x09, "tab", false)]
    public void ToCompanions_WhenAByteIsMissing_WritesAModelOnlyIfItsCharacterStandsForIt(byte missing, string text, bool isWritten)
    {
        Piece[] pieces = [Some("<unk>", SentencePieceKind.Unknown),
            .. Enumerable.Range(0, 256)
                .Select(value => value == missing ? Some(text, SentencePieceKind.Normal) : Piece.OfByte((byte)value))];
        Metadata metadata = new("model.gguf",
        [
            MetadataEntry.Of("tokenizer.ggml.model", "llama"),
            MetadataEntry.OfStrings("tokenizer.ggml.tokens", [.. pieces.Select(piece => piece.Text)]),
            MetadataEntry.OfArray("tokenizer.ggml.scores", MetadataType.Float32, pieces.Length, new byte[pieces.Length * sizeof(float)]),
            MetadataEntry.OfArray("tokenizer.ggml.token_type", MetadataType.Int32, pieces.Length,
                [.. pieces.SelectMany(piece => BitConverter.GetBytes((int)piece.Kind))]),
        ]);
        IReadOnlyList<CompanionFile> files = TokenizerMap.ToCompanions(metadata);
        Assert.Equal(isWritten, files.Any(file => file.Name == "tokenizer.model"));
        Assert.Equal(1 + missing, (int)files.Single(file => file.Name == "tokenizer.json").ReadJson()["model"]!["vocab"]![text]!);
        if (isWritten)
        {
            Assert.Equal("<0x09>", SentencePieceModel.Read(files[0].ReadBytes(), "tokenizer.model").Pieces[1 + missing].Text);
        }
    }

    [Theory]
    [InlineData("""{"type":"Lowercase"}""", null)]
    [InlineData(null, """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""")]
    [InlineData(null, """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""")]
    public void ToMetadata_OfAJsonThatDoesMoreWithText_SaysSo(string? normalizer, string? preTokenizer)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => MetadataOf(Changed(normalizer, preTokenizer)));
        Assert.Equal(ErrorCodes.BadConfig, exception.Problems[0].Code);
        Assert.Contains("tokenizer.json", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first", true)]
    [InlineData("always", true)]
    [InlineData("never", false)]
    public void ToMetadata_OfAJsonThatMarksSpacesLater_TellsWhetherOneIsAdded(string scheme, bool adds)
    {
        Metadata metadata = MetadataOf(Changed(null,
            $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":false}"""));
        Assert.Equal(adds, metadata.Find("tokenizer.ggml.add_space_prefix")?.Truth ?? true);
    }

    public void Dispose() => _folder.Dispose();

    private static Piece Some(string text, SentencePieceKind kind) => new(Encoding.UTF8.GetBytes(text), 0, kind);

    private static CompanionFile Fixture(string name, string path) =>
        CompanionFile.FromBytes(name, File.ReadAllBytes(Path.Combine(_fixtures, path)));

    private static CompanionFile Changed(string? normalizer, string? preTokenizer)
    {
        JsonObject tokenizer = Fixture("tokenizer.json", "gguf/tokenizers/space.json").ReadJson();
        tokenizer["normalizer"] = normalizer is null ? null : JsonNode.Parse(normalizer);
        tokenizer["pre_tokenizer"] = preTokenizer is null ? null : JsonNode.Parse(preTokenizer);
        return CompanionFile.FromBytes("tokenizer.json", Encoding.UTF8.GetBytes(tokenizer.ToJsonString()));
    }

    private static Metadata MetadataOf(CompanionFile tokenizer)
    {
        CompanionFile config = CompanionFile.FromBytes("tokenizer_config.json",
            """{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}"""u8.ToArray());
        int rows = tokenizer.Name.EndsWith(".model", StringComparison.Ordinal)
            ? SentencePieceModel.Read(tokenizer.ReadBytes(), tokenizer.Name).Pieces.Count
            : tokenizer.ReadJson()["model"]!["vocab"]!.AsObject().Count;
        return new Metadata("model.gguf", [.. TokenizerMap.ToMetadata("model", [tokenizer, config], rows)]);
    }
}
