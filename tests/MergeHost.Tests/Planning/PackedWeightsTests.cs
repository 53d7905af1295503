using System.Text.Json.Nodes;
using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

/// <summary>Packed weights that no transform unpacks are told by what the tensors are, whatever config.json says.</summary>
public sealed class PackedWeightsTests : IDisposable
{
    private const string Module = "model.layers.0.self_attn.q_proj.";

    private readonly RecipeFolder _folder = new RecipeFolder().Add("a", TinyCheckpoint.Llama());

    [Theory]
    [InlineData("weight", "F8_E4M3", "weight_scale")] // compressed-tensors, FBGEMM, ModelOpt
    [InlineData("weight", "F8_E4M3", "weight_scale_inv")] // DeepSeek
    [InlineData("weight", "F8_E4M3", "scale")] // DeepSeek V4
    [InlineData("weight", "F8_E4M3", "qscale_weight")] // Mistral
    [InlineData("weight", "I8", "weight_scale")]
    [InlineData("weight", "I8", "SCB")] // LLM.int8
    [InlineData("weight", "U8", "weight.absmax")] // bitsandbytes
    [InlineData("weight", "U8", "weight_scale_2")] // NVFP4 of ModelOpt
    [InlineData("weight", "U32", "scales")] // MLX
    [InlineData("weight_packed", "I32", "weight_scale")]
    [InlineData("qweight", "I32", "scales")] // GPTQ, AWQ
    [InlineData("qweight", "I32", "qzeros")]
    [InlineData("W_q", "U8", "zero")] // HQQ
    [InlineData("weight._data", "I8", "weight._scale")] // quanto
    [InlineData("weight._data._data", "U8", "weight._scale")]
    [InlineData("_weight_qdata", "I8", "_weight_scale")] // torchao
    [InlineData("gate_up_proj", "F8_E4M3", "gate_up_proj_scale")] // FBGEMM's experts
    [InlineData("gate_up_proj_blocks", "U8", "gate_up_proj_scales")] // gpt-oss
    public void Find_OfSmallNumbersWithACompanion_NamesBoth(string packed, string type, string companion)
    {
        Problem problem = Refused(TinyCheckpoint.Llama(seed: 2).Add(Small(Module + packed, type), new byte[Length(type)])
            .Add(Module + companion, DType.F32, [4, 1])
                .Configure("quantization_config", new JsonObject { ["quant_method"] = "some" }));
        Assert.Equal(ErrorCodes.Quantized, problem.Code);
        Assert.Contains($"'q' stores '{Module}{packed}' as {type} with '{Module}", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Place);
    }

    [Theory]
    [InlineData("quantization_config", false)]
    [InlineData("quantization_config", true)]
    [InlineData("compression_config", false)]
    public void Find_OfSmallNumbersWithoutACompanion_GoesByTheConfiguration(string field, bool isNested)
    {
        JsonObject settings = new() { [field] = new JsonObject { ["quant_method"] = "some" } };
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama(seed: 2).Add(Small(Module + "weight", "F8_E4M3"), new byte[16]);
        Problem problem = Refused(isNested
            ? checkpoint.Configure("text_config", settings)
            : checkpoint.Configure(field, settings[field]!.DeepClone()));
        Assert.Contains(", quantised by some", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfPackedWeights_CopiesThemButConvertsNone()
    {
        _folder.Add("q",
            TinyCheckpoint.Llama().Add(Small(Module + "weight", "F8_E4M3"), new byte[16]).Add(Module + "weight_scale", DType.F32, [1]));
        Assert.NotNull(_folder.Plan("{merge_method: passthrough, models: [{model: q}]}"));
        Assert.Equal(ErrorCodes.Quantized, _folder.Error("{merge_method: passthrough, models: [{model: q}], dtype: float16}").Code);
    }

    // Without its description nothing loads packed weights; beside plain ones it would be believed.
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Plan_OfADescriptionOfPackedWeights_CopiesItBesideThemOnly(bool isPacked, int count)
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama().AddFile("quantize_config.json", "{\"bits\": 4}");
        _folder.Add("q",
            isPacked
                ? checkpoint.Add(Small(Module + "qweight", "I32"), new byte[64]).Add(Module + "scales", DType.F16, [1, 4])
                : checkpoint);
        MergePlan plan = _folder.Plan("{merge_method: passthrough, models: [{model: {model: q, apply: [{unpack: {enabled: false}}]}}]}");
        Assert.Equal(count, plan.Stages[0].Layout.Companions.Count(file => file.Name == "quantize_config.json"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_OfPlainWeightsWithALeftOverConfiguration_MergesThemAndDropsIt(bool isNested)
    {
        JsonObject field = new() { ["load_in_4bit"] = true };
        TinyCheckpoint left = TinyCheckpoint.Llama(seed: 2);
        _folder.Add("left",
            isNested
                ? left.Configure("text_config", new JsonObject { ["quantization_config"] = field })
                : left.Configure("quantization_config", field));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("left", "a"));
        Assert.Contains("says 'quantization_config', but its weights are plain", Assert.Single(plan.Warnings).Message,
            StringComparison.Ordinal);
        JsonObject config = plan.Stages[0].Layout.Companions.Single(file => file.Name == "config.json").ReadJson();
        Assert.DoesNotContain("quantization_config", config.ToJsonString(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Problem Refused(TinyCheckpoint checkpoint)
    {
        _folder.Add("q", checkpoint).Add("r", checkpoint);
        return _folder.Errors(RecipeFolder.Linear("q", "r"))[0];
    }

    private static TensorInfo Small(string name, string type) =>
        new(name, new DType(type, type[0] == 'F' ? DTypeKind.Float : DTypeKind.Integer, Length(type) / 16), [4, 4]);

    private static int Length(string type) => type.EndsWith("32", StringComparison.Ordinal) ? 64 : 16;
}
