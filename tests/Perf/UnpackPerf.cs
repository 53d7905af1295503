using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings;
using MergeHost.Testing;

namespace MergeHost.Perf;

/// <summary>How fast packed weights become float32, by the core's own time; packed bytes are in memory.</summary>
internal static class UnpackPerf
{
    private const int Rows = 4096;
    private const int Columns = 4096;
    private const int RunLength = 1 << 20;

    public static void Run()
    {
        Console.WriteLine("| packing | GB/s of float32 |\n|---|---|");
        Measure("FP8, blocks of 128 × 128", Checkpoint("fp8", ("weight_block_size", new JsonArray(128, 128)))
            .Add(Codes("x.weight", DType.F8_E4M3, Rows, Columns), Bytes(Rows * Columns, 120))
            .Add("x.weight_scale_inv", DType.F32, [Rows / 128, Columns / 128]));
        Measure("FP8, rows", Checkpoint("fbgemm_fp8")
            .Add(Codes("x.weight", DType.F8_E4M3, Rows, Columns), Bytes(Rows * Columns, 120)).Add("x.weight_scale", DType.F32, [Rows, 1]));
        Measure("GPTQ, 4 bits, groups of 128", Checkpoint("gptq", ("bits", 4), ("group_size", 128))
            .Add(Codes("x.qweight", DType.I32, Columns / 8, Rows), Bytes(Rows * Columns / 2, 256))
            .Add(Codes("x.qzeros", DType.I32, Columns / 128, Rows / 8), Bytes(Columns / 128 * Rows / 2, 256))
            .Add("x.scales", DType.F16, [Columns / 128, Rows]));
        Measure("AWQ, 4 bits, groups of 128", Checkpoint("awq", ("bits", 4), ("group_size", 128))
            .Add(Codes("x.qweight", DType.I32, Columns, Rows / 8), Bytes(Rows * Columns / 2, 256))
            .Add(Codes("x.qzeros", DType.I32, Columns / 128, Rows / 8), Bytes(Columns / 128 * Rows / 2, 256))
            .Add("x.scales", DType.F16, [Columns / 128, Rows]));
        Measure("NVFP4", Checkpoint("modelopt", ("quant_algo", "NVFP4"))
            .Add(Codes("x.weight", DType.U8, Rows, Columns / 2), Bytes(Rows * Columns / 2, 256))
            .Add(Codes("x.weight_scale", DType.F8_E4M3, Rows, Columns / 16), Bytes(Rows * Columns / 16, 120))
            .Add("x.weight_scale_2", DType.F32, []));
        Measure("MXFP4, gpt-oss", Checkpoint("mxfp4")
            .Add(new TensorInfo("x_blocks", DType.U8, [1, Rows, Columns / 32, 16]), Bytes(Rows * Columns / 2, 256))
            .Add(new TensorInfo("x_scales", DType.U8, [1, Rows, Columns / 32]), Bytes(Rows * Columns / 32, 200)));
        Measure("MLX, 4 bits, groups of 64", Checkpoint("mlx", ("bits", 4), ("group_size", 64))
            .Add(Codes("x.weight", DType.U32, Rows, Columns / 8), Bytes(Rows * Columns / 2, 256))
            .Add("x.scales", DType.F16, [Rows, Columns / 64]).Add("x.biases", DType.F16, [Rows, Columns / 64]));
        Measure("nf4", Checkpoint("bitsandbytes")
            .Add(Codes("x.weight", DType.U8, Rows * Columns / 2, 1), Bytes(Rows * Columns / 2, 256))
            .Add("x.weight.absmax", DType.F32, [Rows * Columns / 64]).Add("x.weight.quant_map", DType.F32, [16])
            .Add(new TensorInfo("x.weight.quant_state.bitsandbytes__nf4", DType.U8, [State.Length]), State));
    }

    private static byte[] State { get; } = System.Text.Encoding.UTF8
        .GetBytes($$"""{"quant_type": "nf4", "blocksize": 64, "shape": [{{Rows}}, {{Columns}}]}""");

    private static TinyCheckpoint Checkpoint(string method, params ReadOnlySpan<(string Name, JsonNode Value)> fields)
    {
        JsonObject settings = new() { ["quant_method"] = method };
        foreach ((string name, JsonNode value) in fields)
        {
            settings[name] = value;
        }

        return TinyCheckpoint.Llama().Configure("quantization_config", settings);
    }

    private static TensorInfo Codes(string name, DType type, long rows, long columns) => new(name, type, [rows, columns]);

    private static byte[] Bytes(long count, int most)
    {
        System.Random random = new(1);
        return [.. Enumerable.Range(0, (int)count).Select(_ => (byte)random.Next(most))];
    }

    private static void Measure(string name, TinyCheckpoint checkpoint)
    {
        using ICheckpointReader plain = ((ICheckpointTransform)new PackingTransform())
            .Apply(checkpoint.Open(), new PackingOptions(), new TransformContext(_ => throw new NotSupportedException()));
        TensorInfo tensor = plain.Tensors.Single(tensor => tensor.Name[0] == 'x');
        byte[] run = new byte[RunLength * sizeof(float)];
        double best = double.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            // Bands that were kept would count for nothing.
            using ICheckpointReader fresh = ((ICheckpointTransform)new PackingTransform())
                .Apply(checkpoint.Open(), new PackingOptions(), new TransformContext(_ => throw new NotSupportedException()));
            double start = CoreTime.Now;
            for (long first = 0; first < tensor.ElementCount; first += RunLength)
            {
                fresh.Read(tensor, first, run);
            }

            best = Math.Min(best, CoreTime.Now - start);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {tensor.LengthBytes / best / 1e9:F1} |"));
    }
}
