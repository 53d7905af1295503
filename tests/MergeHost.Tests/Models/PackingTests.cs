using System.Text.Json.Nodes;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Quantised checkpoints through the whole host, with the plugin that unpacks them.</summary>
public sealed class PackingTests : IDisposable
{
    private const string Tensor = "model.layers.0.mlp.up_proj.weight";

    private readonly MergeBed _bed = new();

    // 0x38 is 1 in E4M3.
    public PackingTests()
    {
        TinyCheckpoint.Llama(type: DType.F32).Write(_bed["plain"]);
        Packed("fp8").Write(_bed["packed"]);
    }

    [Fact]
    public void Merge_OfPackedAndPlainWeights_AveragesWhatTheyMean()
    {
        float[] plain = MergeBed.Read(_bed["plain"], Tensor).Values;
        MergeManifest manifest = _bed.Merge(Linear("packed", "plain"), "out");
        (TensorInfo info, float[] values) = MergeBed.Read(_bed["out"], Tensor);
        Assert.Equal(DType.F32, info.DType);
        Assert.Equal(plain.Select(value => (value + 3f) / 2), values, (x, y) => Math.Abs(x - y) < 1e-6);
        Assert.DoesNotContain("quantization_config", File.ReadAllText(_bed["out/config.json"]), StringComparison.Ordinal);
        Assert.DoesNotContain(manifest.Tensors, tensor => tensor.Name.EndsWith("_scale_inv", StringComparison.Ordinal));
        Assert.Contains("unpack (packings 1.0.0)", manifest.Stages[0].Inputs[0].Transforms!);
    }

    [Fact]
    public void Merge_OfAPackingThatIsNotKnown_IsRefusedByItsMethod()
    {
        Packed("zq9").Write(_bed["unknown"]);
        Packed("zq9").Write(_bed["other"]);
        Problem problem = MergeBed.Fails(() => _bed.Merge(Linear("unknown", "other"), "out"));
        Assert.Equal(ErrorCodes.Quantized, problem.Code);
        Assert.Contains("quantised by zq9", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Passthrough_OfPackedWeightsThatAreLeftAsTheyAre_CopiesThem()
    {
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {{model: {_bed["packed"]}, apply: [{{unpack: {{enabled: false}}}}]}}}}]",
            "out");
        Assert.Equal(MergeBed.Stored(_bed["packed"], Tensor), MergeBed.Stored(_bed["out"], Tensor));
        Assert.Contains("quantization_config", File.ReadAllText(_bed["out/config.json"]), StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private string Linear(string first, string second) =>
        $"merge_method: linear\nmodels:\n- {{model: {_bed[first]}, parameters: {{weight: 1}}}}\n- {{model: {_bed[second]}, parameters: "
            + $"{{weight: 1}}}}\n";

    private static TinyCheckpoint Packed(string method) => TinyCheckpoint.Llama(type: DType.F32).Remove(Tensor)
        .Add(new TensorInfo(Tensor, DType.F8_E4M3, [8, 4]), [.. Enumerable.Repeat((byte)0x38, 32)])
        .Add(Tensor + "_scale_inv", DType.F32, [2, 1], [3f, 3f])
        .Configure("quantization_config", new JsonObject { ["quant_method"] = method, ["weight_block_size"] = new JsonArray(4, 4) });
}
