using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>The contract for an architecture whose names and rows are others in GGUF.</summary>
public sealed class GgufLlamaTests : CheckpointWriterContract<GgufFormat>, IDisposable
{
    private const string Config = """
        {
          "architectures": [
            "LlamaForCausalLM"
          ],
          "model_type": "llama",
          "hidden_act": "silu",
          "num_hidden_layers": 2,
          "hidden_size": 32,
          "num_attention_heads": 4,
          "num_key_value_heads": 2,
          "rms_norm_eps": 1E-05,
          "bos_token_id": 1,
          "eos_token_id": 2,
          "vocab_size": 11,
          "attention_bias": true,
          "tie_word_embeddings": true
        }
        """;

    private readonly TemporaryFolder _folder = new();

    protected override IReadOnlyList<TensorInfo> Tensors { get; } =
    [
        new("model.embed_tokens.weight", DType.BF16, [11, 32]),
        new("model.layers.0.self_attn.q_proj.weight", DType.BF16, [32, 32]),
        new("model.layers.0.self_attn.k_proj.weight", DType.F16, [16, 32]),
        new("model.layers.0.self_attn.q_proj.bias", DType.F32, [32]),
        new("model.layers.0.self_attn.v_proj.weight", DType.F32, [16, 32]),
        new("model.layers.1.self_attn.q_proj.weight", TypeOf("Q8_0"), [1024, 64]),
        new("model.layers.1.self_attn.k_proj.weight", TypeOf("Q4_K"), [512, 256]),
        new("model.layers.1.post_attention_layernorm.weight", DType.F32, [32]),
        new("model.norm.weight", DType.F32, [32]),
    ];

    protected override IReadOnlyList<CompanionFile> Companions { get; } =
    [
        CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(Config)),
        CompanionFile.FromBytes("metadata.gguf-kv", new GgufBytes { DataBytes = 0, Alignment = 1 }.Key("general.architecture", "llama")
            .Key("llama.block_count", 4, GgufBytes.U32(2)).Key("llama.embedding_length", 4, GgufBytes.U32(32))
            .Key("llama.attention.head_count", 4, GgufBytes.U32(4)).Key("llama.attention.head_count_kv", 4, GgufBytes.U32(2))
            .Key("llama.attention.layer_norm_rms_epsilon", 6, BitConverter.GetBytes(1e-5f))
            .Key("general.quantization_version", 4, GgufBytes.U32(2)).Key("general.file_type", 4, GgufBytes.U32(15)).ToArray()),
        CompanionFile.FromBytes("tokenizer.gguf-kv", new GgufBytes { DataBytes = 0, Alignment = 1 }.Key("tokenizer.ggml.model", "gpt2")
            .Key("tokenizer.ggml.bos_token_id", 4, GgufBytes.U32(1)).Key("tokenizer.ggml.eos_token_id", 4, GgufBytes.U32(2)).ToArray()),
    ];

    public void Dispose() => _folder.Dispose();

    // Row h·D + s·D/2 + j of Hugging Face is row h·D + 2j + s of GGUF.
    [Fact]
    public void Write_OfQueries_PutsPairsThatAreRotatedTogetherSideBySide()
    {
        TensorInfo queries = new("model.layers.0.self_attn.q_proj.weight", DType.I8, [32, 1]);
        string path = WriteOne(queries, [.. Enumerable.Range(0, 32).Select(row => (byte)row)]);
        byte[] stored = File.ReadAllBytes(path)[^32..];
        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15], stored[..16]);
    }

    [Fact]
    public void Create_OfATensorThatTheArchitectureLacks_NamesIt()
    {
        CheckpointLayout layout = new() { Tensors = [new("model.layers.0.mlp.extra.weight", DType.F32, [4, 4])], Companions = Companions };
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().Create(_folder.Path, layout));
        Assert.Contains("'model.layers.0.mlp.extra.weight'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'llama'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures": ["PerceiverForCausalLM"]}""", "'PerceiverForCausalLM'")]
    [InlineData("""{"architectures": ["LlamaForCausalLM"], "rope_scaling": {"rope_type": "dynamic"}}""", "'dynamic'")]
    [InlineData("""{"architectures": ["LlamaForCausalLM"], "hidden_size": "wide"}""", "hidden_size")]
    [InlineData("""{"architectures": ["LlamaForCausalLM"]}""", "'tokenizer.model'")]
    [InlineData("{}", "no config.json that names one")]
    [InlineData("""{"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {"model_type": "gemma3_text"}}""",
        "Save its text model by itself")]
    public void Create_WithoutWhatGgufNeeds_SaysWhatIsMissing(string config, string words)
    {
        CheckpointLayout layout =
            new() { Tensors = [], Companions = [CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(config))] };
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().Create(_folder.Path, layout));
        Assert.Equal(ErrorCodes.BadConfig, exception.Problems[0].Code);
        Assert.Contains(words, exception.Message + exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhenTheTokenizerHasOtherTokensThanThereAreRows_SaysSo()
    {
        CompanionFile tokenizer = CompanionFile.FromBytes("tokenizer.gguf-kv", new GgufBytes { DataBytes = 0, Alignment = 1 }
            .Key("tokenizer.ggml.tokens", 9, [.. GgufBytes.U32(8), .. GgufBytes.U64(2), .. GgufBytes.Text("a"), .. GgufBytes.Text("b")])
            .ToArray());
        CheckpointException exception = Assert.Throws<CheckpointException>(() =>
            new GgufFormat()
                .Create(_folder.Path, new CheckpointLayout { Tensors = Tensors, Companions = [.. Companions.SkipLast(1), tokenizer] }));
        Assert.Equal(ErrorCodes.VocabularyMismatch, exception.Problems[0].Code);
        Assert.Contains("2 tokens, the embedding 11 rows", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WithAChangedConfiguration_ChangesThatKeyWhereItStands()
    {
        JsonObject config = (JsonObject)JsonNode.Parse(Config)!;
        config["num_hidden_layers"] = 7;
        CompanionFile changed = CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(config.ToJsonString()));
        WriteOne(new("model.norm.weight", DType.F32, [4]), new byte[16], [changed, .. Companions.Skip(1)]);
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Path);
        Assert.Equal(("llama.block_count", "7"), (reader.Metadata[1].Key, reader.Metadata[1].Value));
    }

    [Theory]
    [InlineData(3, "32 rows are not 3 heads")]
    [InlineData(0, "32 rows are not 0 heads")]
    [InlineData(null, "'attention.head_count' is not there")]
    public void Open_WhenTheOrderOfRowsCannotBeTold_NamesTheTensor(int? heads, string words)
    {
        GgufBytes file = new GgufBytes { DataBytes = 128 }.Key("general.architecture", "llama")
            .Tensor("blk.0.attn_q.weight", GgufBytes.F32, 0, 1, 32);
        file = heads is null ? file : file.Key("llama.attention.head_count", 4, GgufBytes.U32((uint)heads));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat()
            .Open(_folder.Write("model.gguf", file.ToArray())));
        Assert.Equal(ErrorCodes.BadTensor, exception.Problems[0].Code);
        Assert.Contains("'blk.0.attn_q.weight'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    private static DType TypeOf(string name) => GgufType.All.Single(type => type.Name == name);

    private string WriteOne(TensorInfo tensor, byte[] content, IReadOnlyList<CompanionFile>? companions = null)
    {
        using ICheckpointWriter writer = new GgufFormat()
            .Create(_folder.Path, new CheckpointLayout { Tensors = [tensor], Companions = companions ?? Companions });
        writer.Write(tensor, 0, content);
        writer.Complete();
        return _folder["model.gguf"];
    }
}
