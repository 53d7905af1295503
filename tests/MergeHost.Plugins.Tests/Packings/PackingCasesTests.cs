using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Packings;

/// <summary>Weights that each packing's own library quantised, and the float32 numbers that it takes from them.</summary>
public sealed class PackingCasesTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "quantised");

    private static readonly JsonArray _cases = (JsonArray)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "manifest.json")))!;

    public static TheoryData<string> Read => [.. Named(outcome => outcome is "read" or "read, with a note" or "refuse or read exactly")];

    public static TheoryData<string> Refused => [.. Named(outcome => outcome == "refuse")];

    [Theory]
    [MemberData(nameof(Read))]
    public void Read_OfPackedWeights_GivesTheBitsOfTheLibrary(string name)
    {
        JsonNode expected = Case(name);
        using ICheckpointReader stored = Open(name);
        Assert.True(new PackingTransform().Recognises(stored), name);
        using ICheckpointReader plain = Apply(stored);
        foreach ((string tensor, JsonNode? digest) in expected["sha256"]!.AsObject())
        {
            TensorInfo info = Assert.Single(plain.Tensors, info => info.Name == tensor);
            Assert.Equal(DType.F32, info.DType);
            Assert.True(digest!.GetValue<string>() == Digest(plain, info), $"{tensor} {info.Shape}");
        }

        Assert.All(plain.Tensors, tensor => Assert.Equal(DTypeKind.Float, tensor.DType.Kind));
        Assert.DoesNotContain(plain.Companions, file => file.Name.Contains("quant", StringComparison.Ordinal));
        Assert.DoesNotContain("quantization", plain.Companions.Single(file => file.Name == "config.json").ReadJson().ToJsonString(),
            StringComparison.Ordinal);
        Assert.DoesNotContain(plain.Tensors, tensor => tensor.Name.Contains("scale", StringComparison.Ordinal));
    }

    // What is not recognised stays packed, and the planner refuses it.
    [Theory]
    [MemberData(nameof(Refused))]
    public void Read_OfWhatCannotBeRead_IsRefusedByName(string name)
    {
        using ICheckpointReader stored = Open(name);
        if (!new PackingTransform().Recognises(stored))
        {
            Assert.True(name.StartsWith("no_config", StringComparison.Ordinal) || name.StartsWith("unknown", StringComparison.Ordinal),
                name);
            return;
        }

        MergeHostException refusal = Assert.ThrowsAny<MergeHostException>(() =>
        {
            using ICheckpointReader plain = Apply(stored);
            foreach (TensorInfo tensor in plain.Tensors)
            {
                Digest(plain, tensor);
            }
        });
        Assert.All(Case(name)["must_name"]!.AsArray(),
            word => Assert.Contains(word!.GetValue<string>(), refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Recognises_OfPlainWeightsWithALeftOverConfiguration_IsFalse()
    {
        using ICheckpointReader stored = Open("leftover_config");
        Assert.False(new PackingTransform().Recognises(stored));
    }

    [Theory]
    [InlineData("a|b", 32)]
    [InlineData("+:(?!b)a", 32)]
    [InlineData("b", 24)]
    public void Apply_OfGptqWithPatterns_TakesTheSettingsOfTheModuleThatMatches(string pattern, int inputs)
    {
        using ICheckpointReader stored = Gptq(pattern).Open();
        using ICheckpointReader plain = Apply(stored);
        Assert.Equal([64, inputs], Assert.Single(plain.Tensors, tensor => tensor.Name == "a.weight").Shape);
    }

    [Fact]
    public void Apply_OfGptqWithABrokenPattern_IsRefusedByName()
    {
        using ICheckpointReader stored = Gptq("-:(a").Open();
        Assert.Contains("'dynamic' holds a pattern that is not read", Assert.ThrowsAny<MergeHostException>(() => Apply(stored)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_WhenNotEnabled_LeavesTheCheckpointAsItIs()
    {
        using ICheckpointReader stored = Open("gptq_4bit");
        using ICheckpointReader same = new PackingTransform()
            .Apply(stored, new PackingOptions { Enabled = false }, new TransformContext(_ => throw new NotSupportedException()));
        Assert.Equal(stored.Tensors, same.Tensors);
        Assert.Equal(stored.Companions, same.Companions);
    }

    [Theory]
    [InlineData("fp8_tensor_static", "activation_scale")]
    [InlineData("ignored_but_quantised", "k_proj")]
    public void Apply_OfWhatIsOdd_SaysSo(string name, string word)
    {
        using ICheckpointReader plain = Apply(Open(name));
        Assert.Contains(plain.Warnings,
            warning => warning.Message.Contains(word, StringComparison.Ordinal) && warning.Severity == Severity.Warning);
    }

    // Three words of 32 bits: 32 codes of 3 bits, or 24 of 4.
    private static TinyCheckpoint Gptq(string pattern) => TinyCheckpoint.Llama()
        .Add(new TensorInfo("a.qweight", DType.I32, [3, 64]), new byte[3 * 64 * 4])
        .Add(new TensorInfo("a.qzeros", DType.I32, [1, pattern == "b" ? 8 : 6]), new byte[(pattern == "b" ? 8 : 6) * 4])
        .Add("a.scales", DType.F16, [1, 64])
        .Configure("quantization_config", new JsonObject
        {
            ["quant_method"] = "gptq",
            ["bits"] = 4,
            ["group_size"] = -1,
            ["dynamic"] = new JsonObject { [pattern] = new JsonObject { ["bits"] = 3 } },
        });

    private static IEnumerable<string> Named(Predicate<string> outcome) =>
        _cases.Where(item => outcome(item!["outcome"]!.GetValue<string>())).Select(item => item!["name"]!.GetValue<string>());

    private static JsonNode Case(string name) => _cases.Single(item => item!["name"]!.GetValue<string>() == name)!;

    private static ICheckpointReader Open(string name) => new SafetensorsFormat().Open(Path.Combine(_folder, name));

    private static ICheckpointReader Apply(ICheckpointReader checkpoint) =>
        ((ICheckpointTransform)new PackingTransform())
            .Apply(checkpoint, new PackingOptions(), new TransformContext(_ => throw new NotSupportedException()));

    // The first 16 digits of SHA-256 of the numbers, -0 taken as 0.
    private static string Digest(ICheckpointReader checkpoint, TensorInfo tensor)
    {
        byte[] bytes = new byte[tensor.LengthBytes];
        checkpoint.Read(tensor, 0, bytes);
        if (tensor.DType == DType.F32)
        {
            foreach (ref float number in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                number += 0f;
            }
        }

        return System.Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
    }
}
