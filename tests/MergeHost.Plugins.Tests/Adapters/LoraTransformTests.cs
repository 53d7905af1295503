using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>Adapters that PEFT made and merged, and adapters with a fault.</summary>
public sealed class LoraTransformTests : CheckpointTransformContract<LoraTransform>, IDisposable
{
    private const string Plain = "lora-plain-qv";
    private const string Query = "model.layers.0.self_attn.q_proj.weight";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Cases => [.. AdapterCase.All.Select(entry => entry!["name"]!.GetValue<string>())];

    protected override TinyCheckpoint Checkpoint { get; } = TinyCheckpoint.Llama();

    protected override object Options => new LoraOptions { Path = "adapter" };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_OfABaseWithAnAdapter_GivesWhatPeftMerges(string name)
    {
        JsonNode entry = AdapterCase.All.Single(entry => entry!["name"]!.GetValue<string>() == name)!;
        string @base = entry["base"]!.GetValue<string>();
        using ICheckpointReader plain = AdapterCase.Open(@base);
        using ICheckpointReader merged = AdapterCase.Apply(@base, entry["adapters"]![0]!.GetValue<string>());
        JsonObject expected = (JsonObject)entry["tensors"]!;
        foreach ((string tensor, JsonNode? numbers) in expected)
        {
            // PEFT stacks experts in its result; here they stay as the base has them.
            float[] values = [.. Parts(merged, tensor).SelectMany(part => AdapterCase.Read(merged, part))];
            double most = numbers![0]!.GetValue<double>();
            double tolerance = most * 1e-5 * Math.Sqrt(values.Length);
            Assert.Equal(most, values.Max(value => Math.Abs(value)), most * 1e-4);
            Assert.Equal(numbers[1]!.GetValue<double>(), values.Select((value, i) => value * Math.Cos(i)).Sum(), tolerance);
            Assert.Equal(numbers[2]!.GetValue<double>(), values.Select((value, i) => value * Math.Sin(1.7 * i)).Sum(), tolerance);
        }

        HashSet<string> changed = [.. expected.SelectMany(pair => Parts(merged, pair.Key))];
        Assert.All(plain.Tensors.Where(tensor => !changed.Contains(tensor.Name)),
            tensor => Assert.Equal(AdapterCase.Read(plain, tensor.Name), AdapterCase.Read(merged, tensor.Name)));
        Assert.All(merged.Tensors,
            tensor => Assert.True(changed.Contains(tensor.Name) || plain.Tensors.Any(other => other.Name == tensor.Name), tensor.Name));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(-1)]
    [InlineData(0)]
    public void Read_WithAScale_ScalesTheChange(double scale)
    {
        using ICheckpointReader plain = AdapterCase.Open("llama-f32");
        using ICheckpointReader whole = AdapterCase.Apply("llama-f32", Plain);
        using ICheckpointReader scaled = AdapterCase.Apply("llama-f32", Plain, scale);
        float[] before = AdapterCase.Read(plain, Query);
        float[] after = AdapterCase.Read(whole, Query);
        Assert.Equal(before.Zip(after, (b, a) => (float)(b + (scale * (a - b)))), AdapterCase.Read(scaled, Query),
            (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Fact]
    public void Read_WithAScale_ReadsTheBaseOnce()
    {
        using CountingReader plain = new(AdapterCase.Open("llama-f32"));
        using ICheckpointReader scaled = new LoraTransform()
            .Apply(plain, new LoraOptions { Path = Plain, Scale = 0.5 }, new TransformContext(AdapterCase.Open));
        TensorInfo query = scaled.Tensors.Single(tensor => tensor.Name == Query);
        AdapterCase.Read(scaled, Query);
        Assert.Equal(query.LengthBytes, plain.BytesOf(Query));
    }

    [Fact]
    public void Apply_OfAdaptersWithABankThatModulesShare_ReadsItOnce()
    {
        using CountingReader adapter = new(AdapterCase.Open("tuners-vblora"));
        TensorInfo bank = adapter.Tensors.Single(tensor => tensor.Name.EndsWith("vblora_vector_bank", StringComparison.Ordinal));
        using ICheckpointReader merged = new LoraTransform()
            .Apply(AdapterCase.Open("llama-f32"), new LoraOptions { Path = "tuners-vblora" }, new TransformContext(_ => adapter));
        Assert.Equal(bank.LengthBytes, adapter.BytesOf(bank.Name));
    }

    // V/‖V‖ has columns of length 1 whatever V is, as long as both are the same.
    [Theory]
    [InlineData("pissa")]
    [InlineData("olora")]
    public void Read_OfDoraThatStartedFromTheBase_GivesColumnsTheTrainedLengths(string start)
    {
        const string module = "transformer.h.0.attn.c_attn";
        string copy = AdapterCase.Copy(_folder, "lora-dora-gpt2", config => config["init_lora_weights"] = start);
        using ICheckpointReader adapter = AdapterCase.Open(copy);
        using ICheckpointReader merged = AdapterCase.Apply("gpt2-f32", copy);
        float[] lengths = AdapterCase.Read(adapter, $"base_model.model.{module}.lora_magnitude_vector");
        float[] values = AdapterCase.Read(merged, $"{module}.weight");
        Assert.All(lengths.Index(), length => Assert.Equal(
            Math.Abs(length.Item),
            Math.Sqrt(values.Where((_, i) => i % lengths.Length == length.Index).Sum(value => (double)value * value)),
            1e-5 * Math.Abs(length.Item)));
    }

    [Fact]
    public void Apply_OfAnAdapterOnOneTiedEnd_UntiesAndSaysSo()
    {
        using ICheckpointReader merged = AdapterCase.Apply("llama-tied-bf16", "lora-embed-tied");
        Assert.Contains(merged.Tensors, tensor => tensor.Name == "lm_head.weight");
        Assert.False(merged.Companions.Single(file => file.Name == "config.json").ReadJson()["tie_word_embeddings"]!.GetValue<bool>());
        Assert.Contains("'lm_head.weight' of its own", Assert.Single(merged.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r", "8", "MH2005", "is of rank 4; adapter_config.json says 8")]
    [InlineData("r", "0", "MH2013", "the rank of module 'model.layers.0.self_attn.q_proj' is 0")]
    [InlineData("r", "\"4\"", "MH2013", "'r' holds \"4\"; expected a number")]
    [InlineData("target_modules", "[\"q_proj\"]", "MH2019", "which 'target_modules' in adapter_config.json ([\"q_proj\"]) does not select")]
    [InlineData("target_modules", "\".*layers.0.*\"", "MH2019", "of module 'model.layers.1.self_attn.q_proj'")]
    [InlineData("layers_to_transform", "[0]", "MH2019", "which 'layers_to_transform'")]
    [InlineData("layers_pattern", "\"h\"", "MH2019", "which 'layers_to_transform'")]
    [InlineData("use_dora", "true", "MH2013", "has no 'lora_magnitude_vector'")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "MH2008", "names 'lm_head', and the weights have no tensor of it")]
    [InlineData("alora_invocation_tokens", "[5]", "MH2025", "'aLoRA' cannot be merged: it acts only after some tokens")]
    [InlineData("layer_replication", "[[0, 2]]", "MH2013", "repeats layers of the base")]
    [InlineData("init_lora_weights", "\"corda\"", "MH2013", "'init_lora_weights' is 'corda'")]
    [InlineData("peft_type", "\"FOOLORA\"", "MH2013", "'peft_type' is 'FOOLORA', which is not known")]
    [InlineData("peft_type", "null", "MH2013", "'peft_type' is not set")]
    [InlineData("peft_type", "\"PREFIX_TUNING\"", "MH2025", "'PREFIX_TUNING' cannot be merged: it puts learned keys and values")]
    public void Apply_WithAConfigurationThatDoesNotFit_SaysWhat(string field, string value, string code, string message) =>
        Refuses(AdapterCase.Copy(_folder, Plain,
            config => (config["layers_to_transform"],
                config[field]) = (field == "layers_pattern" ? new JsonArray(0, 1) : null, JsonNode.Parse(value))), code, message);

    [Theory]
    [InlineData("layers_to_transform", "[]")]
    [InlineData("layers_to_transform", "[0, 1, 5]")]
    [InlineData("target_modules", "\"all-linear\"")]
    [InlineData("target_modules", "\".*\\\\.(q|v)_proj\"")]
    [InlineData("rank_pattern", "{\"^model.layers.0.self_attn.q_proj$\": 4}")]
    [InlineData("exclude_modules", "\".*k_proj\"")]
    [InlineData("exclude_modules", "[\"o_proj\"]")]
    public void Apply_WithAConfigurationThatSaysTheSame_GivesTheSame(string field, string value)
    {
        string copy = AdapterCase.Copy(_folder, Plain, config => config[field] = JsonNode.Parse(value));
        using ICheckpointReader whole = AdapterCase.Apply("llama-f32", Plain);
        using ICheckpointReader merged = AdapterCase.Apply("llama-f32", copy);
        Assert.Equal(AdapterCase.Read(whole, Query), AdapterCase.Read(merged, Query));
    }

    [Theory]
    [InlineData("q_proj.lora_A.weight", "", "MH2008", "module 'model.layers.0.self_attn.q_proj' has no 'lora_A', only 'lora_B'")]
    [InlineData("q_proj.lora_B.weight", "", "MH2008", "has no 'lora_B', only 'lora_A'")]
    [InlineData("layers.1.", "layers.7.", "MH2019", "which the base has not")]
    [InlineData("v_proj.lora_A.weight", "v_proj.lora_magnitude_vector", "MH2013", "has a 'lora_magnitude_vector'")]
    [InlineData("q_proj.", "k_proj.", "MH2019", "does not select")]
    [InlineData("lora_A.weight", "lora_down.weight", "MH2025", "is named as the tools for diffusion models name theirs")]
    [InlineData("base_model.model.model.", "lora_unet_", "MH2025", "is named as the tools for diffusion models name theirs")]
    [InlineData("base_model.model.model.", "lycoris_", "MH2025", "is named as the tools for diffusion models name theirs")]
    public void Apply_WithTensorsThatCannotBePlaced_NamesThem(string part, string other, string code, string message) =>
        Refuses(AdapterCase.Copy(_folder, Plain, _ => { },
            name => !name.Contains(part, StringComparison.Ordinal)
                ? name
                : other.Length == 0 ? "" : name.Replace(part, other, StringComparison.Ordinal)), code, message);

    [Theory]
    [InlineData("base_model.model.", "", "lack the prefix 'base_model.model.'")]
    [InlineData("base_model.model.", "base_model.model.base_model.model.", "more than once")]
    [InlineData("base_model.model.", "base_model.model._orig_mod.", "have words of what was wrapped around the model")]
    [InlineData("base_model.model.", "_orig_mod.base_model.model.", "have words of what was wrapped around the model")]
    [InlineData("base_model.model.", "module.base_model.model.", "have words of what was wrapped around the model")]
    [InlineData(".self_attn.", "._fsdp_wrapped_module._checkpoint_wrapped_module.self_attn.",
        "have words of what was wrapped around the model")]
    [InlineData("lora_A.weight", "lora_A.default.weight", null)]
    public void Apply_WithNamesThatCanBeReadAllTheSame_GivesTheSame(string part, string other, string? warning)
    {
        string copy = AdapterCase.Copy(_folder, Plain, _ => { }, name => name.Replace(part, other, StringComparison.Ordinal));
        using ICheckpointReader whole = AdapterCase.Apply("llama-f32", Plain);
        using ICheckpointReader merged = AdapterCase.Apply("llama-f32", copy);
        Assert.Equal(AdapterCase.Read(whole, Query), AdapterCase.Read(merged, Query));
        Assert.Equal(warning is not null,
            merged.Warnings.Any(problem => problem.Message.Contains(warning ?? "prefix", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("use_superlora", "true", "'use_superlora' (true) is not known")]
    [InlineData("lora_alpha", "0", "the adapter changes nothing")]
    [InlineData("fan_in_fan_out", "true", "'fan_in_fan_out' is true")]
    [InlineData("base_model_name_or_path", "\"org/other\"", "the adapter was trained on 'org/other'")]
    [InlineData("alpha_pattern", "{\"layers.0.self_attn.v_proj\": 32, \"v_proj\": 4}", "the first counts")]
    public void Apply_WithAConfigurationThatIsOdd_Warns(string field, string value, string warning)
    {
        using ICheckpointReader merged = AdapterCase.Apply("llama-f32",
            AdapterCase.Copy(_folder, Plain, config => config[field] = JsonNode.Parse(value)));
        Assert.Contains(merged.Warnings, problem => problem.Message.Contains(warning, StringComparison.Ordinal));
    }

    [Fact]
    public void Apply_WithMoreTokensThanTheBaseHasRows_IsRefused()
    {
        string copy = AdapterCase.Copy(_folder, Plain, _ => { });
        File.WriteAllText(Path.Combine(copy, "added_tokens.json"), """{"<new>": 163}""");
        Refuses(copy, "MH2015", "the adapter's tokenizer has 164 tokens, 'model.embed_tokens.weight' of the base 160 rows");
    }

    public void Dispose() => _folder.Dispose();

    protected override ICheckpointReader Open(string name) => new TinyCheckpoint()
        .Add("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", DType.F32, [2, 4])
        .Add("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", DType.F32, [4, 2])
        .Add("base_model.model.model.embed_tokens.lora_embedding_A", DType.F32, [2, 8])
        .Add("base_model.model.model.embed_tokens.lora_embedding_B", DType.F32, [4, 2])
        .AddFile("adapter_config.json", """{"peft_type": "LORA", "r": 2, "lora_alpha": 4}""")
        .Open();

    private static void Refuses(string adapter, string code, string message)
    {
        CheckpointException refusal = Assert.Throws<CheckpointException>(() => AdapterCase.Apply("llama-f32", adapter));
        Assert.Equal(code, refusal.Code.Id);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Parts(ICheckpointReader reader, string name)
    {
        if (reader.Tensors.Any(tensor => tensor.Name == name))
        {
            return [name];
        }

        string experts = name[..name.LastIndexOf('.')];
        string[] parts = name.EndsWith("gate_up_proj", StringComparison.Ordinal) ? ["gate_proj", "up_proj"] : ["down_proj"];
        return Enumerable.Range(0, reader.Tensors.Count(tensor => tensor.Name.StartsWith(experts + ".", StringComparison.Ordinal)) / 3)
            .SelectMany(expert => parts.Select(part => $"{experts}.{expert}.{part}.weight"));
    }

    private sealed class CountingReader(ICheckpointReader inner) : DerivedCheckpoint(inner)
    {
        private readonly Dictionary<string, long> _bytes = [];

        public long BytesOf(string tensor) => _bytes.GetValueOrDefault(tensor);

        public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
        {
            _bytes[tensor.Name] = BytesOf(tensor.Name) + destination.Length;
            base.Read(tensor, firstElement, destination);
        }
    }
}
