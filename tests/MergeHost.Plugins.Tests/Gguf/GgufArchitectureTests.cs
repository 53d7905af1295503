using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Tiny models of every architecture, against llama.cpp's own converter.</summary>
public sealed class GgufArchitectureTests : IDisposable
{
    private static readonly string _fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "gguf");
    private static readonly JsonObject _golden = JsonNode.Parse(File.ReadAllText(Path.Combine(_fixtures, "architectures.json")))!
        .AsObject();

    // What only models for filling in code use, and what says the same as its absence.
    private static readonly string[] _notWritten = ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.add_sep_token"];

    // Nothing in GGUF tells these.
    private static readonly string[] _lost = ["sliding_window", "model_type", "architectures"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. _golden.Select(model => model.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_OfAnArchitecture_GivesTheTensorsAndKeysOfLlamaCpp(string name)
    {
        JsonObject model = _golden[name]!.AsObject();
        byte[] file = Write(model, Files(model));
        GgufHeader header = GgufHeader.Read(HeaderSource.Of(CompanionFile.FromBytes(name, file)));
        Assert.Equal(
            Lines(model["tensors"]!.AsObject().Select(tensor => $"{tensor.Key} {tensor.Value!.ToJsonString()}")),
            Lines(header.Tensors.Select(tensor =>
                $"{tensor.Info.Name} [\"{tensor.Info.DType}\",[{string.Join(',', tensor.Info.Shape)}],\""
                    + $"{Digest(file.AsSpan((int)tensor.Start, (int)tensor.Info.LengthBytes))}\"]")));
        Dictionary<string, string> keys = header.Metadata.Entries.ToDictionary(entry => entry.Key, Digest);
        Assert.Equal(
            Lines(model["keys"]!.AsObject().Where(key => !_notWritten.Contains(key.Key)).Select(key => $"{key.Key} {key.Value}")),
            Lines(model["keys"]!.AsObject().Where(key => !_notWritten.Contains(key.Key))
                .Select(key => $"{key.Key} {keys.GetValueOrDefault(key.Key)}")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_OfAnArchitecture_GivesTensorsBackBitByBit(string name)
    {
        JsonObject model = _golden[name]!.AsObject();
        Write(model, Files(model));
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Path);
        Assert.Empty(reader.Warnings);
        Assert.Equal(Lines(Tensors(model).Select(tensor => $"{tensor.Name} {tensor.Shape}")),
            Lines(reader.Tensors.Select(tensor => $"{tensor.Name} {tensor.Shape}")));
        foreach ((TensorInfo tensor, int seed) in Tensors(model).Select((tensor, index) => (tensor, index + 10)))
        {
            TensorInfo stored = reader.Tensors.Single(other => other.Name == tensor.Name);
            byte[] content = new byte[stored.LengthBytes];
            reader.Read(stored, 0, content);
            Assert.Equal(Draw(tensor, stored.DType, seed), content);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_OfAnArchitecture_GivesFilesThatMakeTheSameFile(string name)
    {
        JsonObject model = _golden[name]!.AsObject();
        byte[] file = Write(model, Files(model));
        CompanionFile[] companions;
        using (ICheckpointReader reader = new GgufFormat().Open(_folder.Path))
        {
            companions = [.. reader.Companions.Where(companion => !companion.Name.EndsWith(".gguf-kv", StringComparison.Ordinal))
                .Select(companion => CompanionFile.FromBytes(companion.Name, companion.ReadBytes()))];
        }

        Assert.Equal(file, Write(model, companions));
        JsonObject config = companions.Single(companion => companion.Name == "config.json").ReadJson();
        foreach ((string key,
            JsonNode? value) in config.Where(setting => model["config"]![setting.Key] is not null && !_lost.Contains(setting.Key)))
        {
            Assert.True(JsonNode.DeepEquals(model["config"]![key], value), $"{key}: {value} for {model["config"]![key]}");
        }
    }

    [Fact]
    public void Create_WhenAnExpertIsMissing_NamesIt()
    {
        JsonObject model = _golden["mixtral"]!.AsObject();
        model["hub"]!.AsObject().Remove("model.layers.0.block_sparse_moe.experts.1.w2.weight");
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Write(model, Files(model)));
        Assert.Contains("'model.layers.0.block_sparse_moe.experts.1.w2.weight'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qwen2moe", "norm_topk_prob", "true",
        "norm_topk_prob is true, and programs that read GGUF's architecture 'qwen2moe' take it to be false")]
    [InlineData("qwen3moe", "norm_topk_prob", null,
        "norm_topk_prob is not there, and programs that read GGUF's architecture 'qwen3moe' take it to be true")]
    [InlineData("qwen3moe", "decoder_sparse_step", "2", "decoder_sparse_step is 2")]
    [InlineData("qwen2moe", "tie_word_embeddings", "true", "tie_word_embeddings is true")]
    [InlineData("qwen2moe", "mlp_only_layers", "[0]", "mlp_only_layers is [0]")]
    public void Create_OfASettingThatProgramsTakeForGranted_IsRefusedWhereItIsAnother(string name, string setting, string? value,
        string said)
    {
        JsonObject model = _golden[name]!.DeepClone().AsObject();
        model["config"]![setting] = value is null ? null : JsonNode.Parse(value);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Write(model, Files(model)));
        Assert.Equal(ErrorCodes.BadConfig, exception.Problems[0].Code);
        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Split\"", "\"Cut\"", "ggml_pre")]
    [InlineData("\"BPE\"", "\"Unigram\"", "'Unigram'")]
    [InlineData("\"id\":283", "\"id\":999", "999")]
    public void Create_OfATokenizerThatGgufCannotHold_SaysWhy(string text, string changed, string words)
    {
        JsonObject model = _golden["qwen2"]!.AsObject();
        string tokenizer = File.ReadAllText(Path.Combine(_fixtures, "tokenizers", "qwen.json"));
        Assert.Contains(text, tokenizer, StringComparison.Ordinal);
        CompanionFile file = CompanionFile.FromBytes("tokenizer.json",
            Encoding.UTF8.GetBytes(tokenizer.Replace(text, changed, StringComparison.Ordinal)));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Write(model, [Files(model)[0], file]));
        Assert.Equal(ErrorCodes.BadConfig, exception.Problems[0].Code);
        Assert.Contains(words, exception.Message + exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"1, 2\"")]
    [InlineData("[1, null]")]
    [InlineData("[1, \"2\"]")]
    [InlineData("null")]
    public void Create_OfALongRopeThatGivesNoFactors_NamesThem(string factors)
    {
        JsonObject model = _golden["phi3-long"]!.DeepClone().AsObject();
        model["config"]!["rope_parameters"]!["long_factor"] = JsonNode.Parse(factors);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Write(model, Files(model)));
        Assert.Equal(ErrorCodes.BadConfig, exception.Problems[0].Code);
        Assert.Contains("long_factor", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_WhenTheUserNamesThePreTokenizer_TakesTheName()
    {
        JsonObject model = _golden["qwen2"]!.AsObject();
        string tokenizer = File.ReadAllText(Path.Combine(_fixtures, "tokenizers", "qwen.json"))
            .Replace("\"Split\"", "\"Cut\"", StringComparison.Ordinal);
        Write(model,
        [
            Files(model)[0], CompanionFile.FromBytes("tokenizer.json", Encoding.UTF8.GetBytes(tokenizer)),
            CompanionFile.FromBytes("tokenizer_config.json", """{"ggml_pre": "deepseek-v3"}"""u8.ToArray()),
        ]);
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Path);
        Assert.Contains(KeyValuePair.Create("tokenizer.ggml.pre", "deepseek-v3"), reader.Metadata);
        Assert.DoesNotContain(reader.Companions, companion => companion.Name == "tokenizer.json");
    }

    public void Dispose() => _folder.Dispose();

    private static CompanionFile[] Files(JsonObject model)
    {
        string tokenizer = (string)model["tokenizer"]!;
        return
        [
            CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(model["config"]!.ToJsonString())),
            CompanionFile.FromBytes(
                tokenizer.EndsWith(".model", StringComparison.Ordinal) ? "tokenizer.model" : "tokenizer.json",
                File.ReadAllBytes(Path.Combine(_fixtures, "tokenizers", tokenizer))),
            CompanionFile.FromBytes("tokenizer_config.json", Encoding.UTF8.GetBytes(model["tokenizerConfig"]!.ToJsonString())),
        ];
    }

    private static IEnumerable<TensorInfo> Tensors(JsonObject model) => model["hub"]!.AsObject()
        .Select(tensor => new TensorInfo(tensor.Key, DType.BF16,
            TensorShape.Create([.. tensor.Value!.AsArray().Select(extent => (long)extent!)])));

    private byte[] Write(JsonObject model, IReadOnlyList<CompanionFile> companions)
    {
        TensorInfo[] tensors = [.. Tensors(model)];
        TensorInfo[] stored = [.. tensors.Zip(new GgufFormat().ChooseTypes(tensors, "bf16"),
            (tensor, type) => tensor with { DType = type })];
        using ICheckpointWriter writer = new GgufFormat()
            .Create(_folder.Path, new CheckpointLayout { Tensors = stored, Companions = companions });
        for (int index = 0; index < stored.Length; index++)
        {
            writer.Write(stored[index], 0, Draw(tensors[index], stored[index].DType, index + 10));
        }

        writer.Complete();
        return File.ReadAllBytes(_folder["model.gguf"]);
    }

    // BF16 as it is, or widened to F32.
    private static byte[] Draw(TensorInfo tensor, DType type, int seed)
    {
        IEnumerable<ushort> halves = RandomBlocks.Weights((ulong)seed, (int)tensor.ElementCount);
        return type == DType.BF16
            ? [.. halves.SelectMany(BitConverter.GetBytes)]
            : [.. halves.SelectMany(half => BitConverter.GetBytes((uint)half << 16))];
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));

    private static string Digest(ReadOnlySpan<byte> data) => RandomBlocks.Digest(data)[..16];

    // The value with its type, and an array's with that of its elements.
    private static string Digest(MetadataEntry entry) => Digest([.. BitConverter.GetBytes((uint)entry.Type), .. entry.Read()]);
}
