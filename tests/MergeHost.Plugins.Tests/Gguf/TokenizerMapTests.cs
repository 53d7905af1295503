using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.Gguf.Names.Tokens;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>What of a tokenizer must reach GGUF, whatever file it stands in.</summary>
public class TokenizerMapTests
{
    private static readonly string _fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "gguf", "tokenizers");

    // As transformers 5 saves it: a token that was added is in tokenizer.json alone.
    [Theory]
    [InlineData(0, "<|im_start|>", true, SentencePieceKind.Control)]
    [InlineData(0, "tool", false, SentencePieceKind.UserDefined)]
    [InlineData(-3, "<|im_end|>", true, SentencePieceKind.Control)]
    public void ToMetadata_OfATokenInTokenizerJsonAlone_HasIt(int place, string text, bool isSpecial, object kind)
    {
        JsonObject json = Json();
        int count = json["model"]!["vocab"]!.AsObject().Count;
        json["added_tokens"]!.AsArray()
            .Add(new JsonObject { ["id"] = count + place, ["content"] = text, ["special"] = isSpecial, ["normalized"] = false });
        Piece piece = Pieces(json, count + 1)[count + place];
        Assert.Equal((text, (SentencePieceKind)kind), (piece.ToString(), piece.Kind));
    }

    [Fact]
    public void ToMetadata_OfFilesThatAgree_IsThatOfTheModel() =>
        Assert.Equal(Pieces(null, 300).Select(piece => (piece.ToString(), piece.Kind, piece.Score)),
            Pieces(Json(), 300).Select(piece => (piece.ToString(), piece.Kind, piece.Score)));

    [Fact]
    public void ToMetadata_OfFilesThatContradict_IsThatOfTokenizerJson()
    {
        JsonObject json = Json();
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        (string one, string other) = (vocabulary.ElementAt(vocabulary.Count - 1).Key, vocabulary.ElementAt(vocabulary.Count - 2).Key);
        (int first, int second) = (vocabulary[one]!.GetValue<int>(), vocabulary[other]!.GetValue<int>());
        (vocabulary[one], vocabulary[other]) = (second, first);
        IReadOnlyList<Piece> pieces = Pieces(json, vocabulary.Count);
        Assert.Equal((one, other), (pieces[second].ToString(), pieces[first].ToString()));
    }

    [Theory]
    [InlineData("chat_template.jinja", "T")]
    [InlineData("chat_template.json", """{"chat_template": "T"}""")]
    [InlineData("tokenizer_config.json", """{"chat_template": "T"}""")]
    [InlineData("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "T"}]}""")]
    public void ToMetadata_OfAChatTemplate_HasItWhereverItIs(string file, string content)
    {
        Metadata metadata = MetadataOf(null, 300, (file, content));
        Assert.Equal("T", metadata.Text("tokenizer.chat_template"));
        Assert.Null(metadata.Find("tokenizer.chat_templates"));
        Assert.Equal("T", Config(metadata)["chat_template"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("tokenizer_config.json",
        """{"chat_template": [{"name": "default", "template": "T"}, {"name": "tool use", "template": "U"}]}""", "", "")]
    [InlineData("chat_template.jinja", "T", "additional_chat_templates/tool use.jinja", "U")]
    public void ToMetadata_OfSeveralChatTemplates_HasEach(string file, string content, string second, string template)
    {
        Metadata metadata = MetadataOf(null, 300, second.Length > 0 ? [(file, content), (second, template)] : [(file, content)]);
        Assert.Equal(("T", "U"), (metadata.Text("tokenizer.chat_template"), metadata.Text("tokenizer.chat_template.tool_use")));
        JsonArray templates = Config(metadata)["chat_template"]!.AsArray();
        Assert.Equal(["default: T", "tool_use: U"], templates.Select(one => $"{one!["name"]}: {one["template"]}"));
    }

    [Fact]
    public void LeavesOut_OfFrequenciesOfRotations_IsTrueOfThemAlone()
    {
        IWritableCheckpointFormat format = new GgufFormat();
        Assert.True(format.LeavesOut(new TensorInfo("model.layers.0.self_attn.rotary_emb.inv_freq", DType.F32, [4])));
        Assert.False(format.LeavesOut(new TensorInfo("model.layers.0.self_attn.q_proj.weight", DType.F32, [4, 4])));
    }

    private static JsonObject Json() => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(_fixtures, "space.json")))!;

    private static JsonObject Config(Metadata metadata) =>
        TokenizerMap.ToCompanions(metadata).Single(file => file.Name == "tokenizer_config.json").ReadJson();

    private static IReadOnlyList<Piece> Pieces(JsonObject? json, int rows) => TokenizerMap.Pieces(MetadataOf(json, rows))!;

    private static Metadata MetadataOf(JsonObject? json, int rows, params (string Name, string Content)[] files)
    {
        List<CompanionFile> companions = [CompanionFile.FromBytes("tokenizer.model",
            File.ReadAllBytes(Path.Combine(_fixtures, "space.model")))];
        companions.AddRange(files.Select(file => CompanionFile.FromBytes(file.Name, Encoding.UTF8.GetBytes(file.Content))));
        companions.AddRange(json is null ? [] : [CompanionFile.FromBytes("tokenizer.json", Encoding.UTF8.GetBytes(json.ToJsonString()))]);
        return new Metadata("f", [.. TokenizerMap.ToMetadata("f", companions, rows)]);
    }
}
