using System.Text.Json.Nodes;
using MergeHost.Plugins.Packings;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Packings;

public sealed class PackingTransformTests : CheckpointTransformContract<PackingTransform>
{
    // A matrix in rectangles of 3 × 5, and one whose columns are packed, so that runs begin and end anywhere.
    protected override TinyCheckpoint Checkpoint { get; } = TinyCheckpoint.Llama()
        .Add(new TensorInfo("a.weight", DType.F8_E4M3, [7, 13]), [.. Enumerable.Range(0, 7 * 13).Select(i => (byte)(i % 100))])
        .Add("a.weight_scale_inv", DType.F32, [3, 3])
        .Configure("quantization_config", new JsonObject { ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(3, 5) });
}

public sealed class ColumnPackingTransformTests : CheckpointTransformContract<PackingTransform>
{
    protected override TinyCheckpoint Checkpoint { get; } = TinyCheckpoint.Llama()
        .Add(new TensorInfo("a.qweight", DType.I32, [3, 64]), [.. Enumerable.Range(0, 3 * 64 * 4).Select(i => (byte)(i * 37))])
        .Add(new TensorInfo("a.qzeros", DType.I32, [2, 6]), [.. Enumerable.Range(0, 2 * 6 * 4).Select(i => (byte)(i * 41))])
        .Add("a.scales", DType.F16, [2, 64])
        .Configure("quantization_config", new JsonObject { ["quant_method"] = "gptq", ["bits"] = 3, ["group_size"] = 16 });
}
