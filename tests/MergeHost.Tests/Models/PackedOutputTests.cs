using System.Buffers.Binary;
using System.Text.Json.Nodes;
using MergeHost.Reports;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Merges that are stored packed, against what each packing's own library makes of the same numbers.</summary>
public sealed class PackedOutputTests : IDisposable
{
    private static readonly string _cases = Path.Combine(MergeBed.Fixtures, "requantised");

    private readonly MergeBed _bed = new();

    public static TheoryData<string, string, string> Requantised => new()
    {
        { "ct_fp8_channel", "float32", "requantised" }, { "ct_fp8_channel", "bfloat16", "requantised_bf16" },
        { "ct_nvfp4", "float32", "requantised" }, { "ct_nvfp4", "bfloat16", "requantised_bf16" },
        { "ct_w4a16", "float32", "requantised" }, { "ct_w4a16", "bfloat16", "requantised_bf16" },
        { "ct_w8a8", "float32", "requantised" }, { "ct_mxfp4", "float32", "requantised" }, { "gptq", "float32", "requantised" },
        { "fp8_block", "float32", "requantised" }, { "fp8_ue8m0", "float32", "requantised" }, { "mxfp4_gpt_oss", "float32", "requantised" },
    };

    public static TheoryData<string> Named => ["fp8-block", "w8a8", "mxfp4", "nvfp4", "gptq", "awq"];

    [Theory]
    [MemberData(nameof(Requantised))]
    public void Merge_InTheSamePacking_GivesTheBytesOfItsLibrary(string name, string type, string expected)
    {
        _bed.Merge(Average(name, type) + "output: {packing: same}\n", "out");
        Dictionary<string, (TensorInfo Info, byte[] Stored)> ours = MergeBed.StoredAll(_bed["out"]);
        Dictionary<string, (TensorInfo Info, byte[] Stored)> theirs = MergeBed.StoredAll(Path.Combine(_cases, name, expected));
        foreach ((string tensor, (TensorInfo info, byte[] stored)) in theirs)
        {
            Assert.Equal(info, ours[tensor].Info);
            Assert.True(Unsigned(info, stored).SequenceEqual(Unsigned(info, ours[tensor].Stored)), tensor);
        }

        Assert.All(ours.Keys.Except(theirs.Keys), tensor => Assert.EndsWith("input_global_scale", tensor, StringComparison.Ordinal));
        Assert.True(JsonNode.DeepEquals(Settings(_bed["out"]), Settings(Path.Combine(_cases, name, "a"))));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Fact]
    public void Passthrough_OfPackedLayers_CopiesBytesAndRenumbersNames()
    {
        string a = Path.Combine(_cases, "passthrough_bytes", "a");
        string expected = Path.Combine(_cases, "passthrough_bytes", "expected");
        List<MergeProgress> told = [];
        _bed.Merge($$"""
            merge_method: passthrough
            slices:
            - sources: [{model: {{a}}, layer_range: [0, 2]}]
            - sources: [{model: {{a}}, layer_range: [1, 2]}]
            - sources: [{model: {{a}}, layer_range: [0, 1]}]
            """, "out", null, new Told(told.Add));
        Dictionary<string, (TensorInfo Info, byte[] Stored)> ours = MergeBed.StoredAll(_bed["out"]);
        Dictionary<string, (TensorInfo Info, byte[] Stored)> theirs = MergeBed.StoredAll(expected);
        Assert.Equal(theirs.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        Assert.All(theirs, tensor => Assert.Equal(tensor.Value.Info, ours[tensor.Key].Info));
        Assert.All(theirs, tensor => Assert.Equal(tensor.Value.Stored, ours[tensor.Key].Stored));
        Assert.Equal(["lm_head", "model.layers.1.mlp.down_proj", "model.layers.2.mlp.down_proj"],
            Settings(_bed["out"])["ignore"]!.AsArray().Select(name => name!.GetValue<string>()));
        StageSummary plan = _bed.Engine.Plan(_bed["out.yaml"], new MergeOptions()).Stages[0];
        Assert.Equal(theirs.Values.Sum(tensor => tensor.Info.LengthBytes), plan.ReadBytes);
        Assert.Equal(plan.WriteBytes, plan.ReadBytes);
        Assert.Equal((plan.ReadBytes + plan.WriteBytes, plan.ReadBytes + plan.WriteBytes), (told[^1].DoneBytes, told[^1].TotalBytes));
    }

    [Theory]
    [InlineData("ct_w4a16")]
    [InlineData("gptq")]
    [InlineData("fp8_block")]
    [InlineData("ct_w8a8")]
    public void Selection_InTheSamePacking_CopiesBytesOfWhatItLeavesAsItIs(string name)
    {
        (string a, string b) = ($"{_cases}/{name}/a", WithSmallCodes($"{_cases}/{name}/b"));
        _bed.Merge($$"""
            merge_method: slerp
            base_model: {{a}}
            models: [{model: {{b}}}]
            select: {scorer: relative_change, restore: highest, threshold: 1000, others: adapted}
            parameters: {t: 0.5}
            output: {packing: same}
            """, "out");
        Dictionary<string, (TensorInfo Info, byte[] Stored)> ours = MergeBed.StoredAll(_bed["out"]);
        Assert.All(MergeBed.StoredAll(b), tensor => Assert.Equal(tensor.Value.Stored, ours[tensor.Key].Stored));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Theory]
    [MemberData(nameof(Named))]
    public void Merge_IntoANamedPacking_IsReadBackNearWhatWasMerged(string packing)
    {
        string recipe = MergeBed.Recipe("task_arithmetic");
        _bed.Merge(recipe, "plain");
        _bed.Merge($"{recipe}\noutput: {{packing: {packing}}}", "out");
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {_bed["out"]}}}]\noutput: {{packing: none}}", "unpacked");
        const string weight = "model.layers.1.mlp.down_proj.weight";
        float[] plain = MergeBed.Read(_bed["plain"], weight).Values;
        float[] packed = MergeBed.Read(_bed["unpacked"], weight).Values;
        double error = Math.Sqrt(plain.Zip(packed, (x, y) => (double)(x - y) * (x - y)).Sum() / plain.Sum(x => (double)x * x));
        Assert.InRange(error, 1e-4, packing is "fp8-block" or "w8a8" ? 0.04 : 0.15);
        Assert.Equal(MergeBed.Stored(_bed["plain"], "model.norm.weight"), MergeBed.Stored(_bed["out"], "model.norm.weight"));
        Assert.Equal(MergeBed.StoredAll(_bed["plain"]).Keys.Order(StringComparer.Ordinal),
            MergeBed.StoredAll(_bed["unpacked"]).Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Named))]
    public void Merge_IntoAPacking_GivesTheSameFileFromAnyThreadsAndBlocks(string packing)
    {
        string recipe = $"{MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.3")}\noutput: {{packing: {packing}}}";
        _bed.Merge(recipe, "one", new MergeOptions { Threads = 1, BlockElements = 1 << 16 });
        _bed.Merge(recipe, "many", new MergeOptions { Threads = 7 });
        Assert.Equal(File.ReadAllBytes(_bed["one/model.safetensors"]), File.ReadAllBytes(_bed["many/model.safetensors"]));
    }

    [Theory]
    [InlineData("nvfp4")]
    [InlineData("gptq")]
    public void Merge_IntoAPacking_AfterACancelledRun_GoesOnAndGivesTheSameFile(string packing)
    {
        string recipe = $"{MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.3")}\noutput: {{packing: {packing}}}";
        using CancellationTokenSource stop = new();
        Told progress = new(done =>
        {
            if (done.DoneTensors >= 14)
            {
                stop.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => _bed.Merge(recipe, "out", new MergeOptions { Threads = 1 }, progress,
            stop.Token));
        Assert.DoesNotContain(Directory.EnumerateFiles(_bed["out"]), file => !file.EndsWith(".partial", StringComparison.Ordinal));

        List<MergeProgress> told = [];
        _bed.Merge(recipe, "out", null, new Told(told.Add));
        Assert.InRange(told[0].DoneTensors, 10, 37);
        _bed.Merge(recipe, "undisturbed");
        Assert.Equal(File.ReadAllBytes(_bed["undisturbed/model.safetensors"]), File.ReadAllBytes(_bed["out/model.safetensors"]));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Fact]
    public void Merge_OfTwoPackings_InTheSameOne_IsRefusedByBothNames()
    {
        string recipe =
            $"merge_method: linear\nmodels:\n- {{model: {_cases}/gptq/a, parameters: {{weight: 1}}}}\n- {{model: {_cases}/ct_w4a16/a, "
            + $"parameters: {{weight: 1}}}}\n"
                + "missing: single\noutput: {packing: same}\n";
        Problem problem = Refused(() => _bed.Merge(recipe, "out"));
        Assert.Contains("gptq", problem.Message, StringComparison.Ordinal);
        Assert.Contains("pack-quantized", problem.Message, StringComparison.Ordinal);
        Assert.Contains("packing: none", problem.Hint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bed["out"]) && Directory.EnumerateFileSystemEntries(_bed["out"]).Any());
    }

    [Fact]
    public void Merge_OfAPlainBaseWithPackedModels_InTheSamePacking_IsRefused()
    {
        _bed.Merge(Average("fp8_block", "float32"), "plain");
        string recipe =
            $"merge_method: linear\nmodels:\n- {{model: {_bed["plain"]}, parameters: {{weight: 1}}}}\n- {{model: {_cases}/fp8_block/a, "
                + $"parameters: {{weight: 1}}}}\noutput: {{packing: same}}\n";
        Assert.Contains("is plain", Refused(() => _bed.Merge(recipe, "out")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("output: {packing: fp8block}", "fp8-block")]
    [InlineData("output: {packing: nvfp4}\nout_format: gguf", "packing: none")]
    [InlineData("output: {packings: same}", "packing")]
    public void Merge_IntoWhatThereIsNot_IsRefusedWithAWayOut(string output, string word) =>
        Assert.Contains(word, Refused(() => _bed.Merge($"{MergeBed.Recipe("linear")}\n{output}", "out")).Hint, StringComparison.Ordinal);

    [Fact]
    public void Merge_OfCalibratedModels_TakesTheWidestRange()
    {
        _bed.Merge(Average("ct_nvfp4", "float32") + "output: {packing: same}\n", "out");
        const string range = "model.layers.0.self_attn.k_proj.input_global_scale";
        float[] ranges = [.. new[] { "a", "b" }.Select(model => MergeBed.Read(Path.Combine(_cases, "ct_nvfp4", model), range).Values[0])];
        Assert.NotEqual(ranges[0], ranges[1]);
        Assert.Equal(ranges.Min(), MergeBed.Read(_bed["out"], range).Values[0]);
    }

    [Fact]
    public void Merge_OfAModelWhoseScalesAreInItsNorms_Warns()
    {
        _bed.Merge($"{MergeBed.Recipe("linear")}\noutput: {{packing: awq}}", "awq");
        List<Problem> warnings = [];
        File.WriteAllText(_bed["recipe.yaml"],
            $"merge_method: linear\nmodels:\n- {{model: {_bed["awq"]}, parameters: {{weight: 1}}}}\n- {{model: {MergeBed.Models}math, "
                + $"parameters: {{weight: 1}}}}\n");
        _bed.Engine.Merge(_bed["recipe.yaml"], _bed["out"], new MergeOptions(), warnings.Add);
        Assert.Contains(warnings,
            warning => warning.Code == ErrorCodes.Quantized && warning.Message.Contains("AWQ moves scales", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_OfTaskVectorsThatPackingDrowned_Warns()
    {
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\noutput: {{packing: mxfp4}}", "base");
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}finance}}]\noutput: {{packing: mxfp4}}", "finance");
        List<Problem> warnings = [];
        File.WriteAllText(_bed["recipe.yaml"],
            $"merge_method: task_arithmetic\nbase_model: {_bed["base"]}\nmodels:\n- {{model: {_bed["finance"]}, parameters: {{weight: "
                + $"1}}}}\ntask_vector_snr: {{warn_below: 100}}\n");
        _bed.Engine.Merge(_bed["recipe.yaml"], _bed["out"], new MergeOptions(), warnings.Add);
        Problem noise = Assert.Single(warnings, warning => warning.Code == ErrorCodes.NoisyTaskVector);
        Assert.Contains("(packed)", noise.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_ToAPacking_PacksAndKeepsItUnlessPlainIsAskedFor()
    {
        _bed.Engine.Convert(MergeBed.Models + "base", _bed["packed"], "safetensors", null, null, new MergeOptions(), packing: "fp8-block");
        _bed.Engine.Convert(_bed["packed"], _bed["copy"], "safetensors", null, null, new MergeOptions());
        _bed.Engine.Convert(_bed["packed"], _bed["plain"], "safetensors", "bf16", null, new MergeOptions());
        Assert.Equal(MergeBed.Stored(_bed["packed"], "model.layers.0.mlp.up_proj.weight"),
            MergeBed.Stored(_bed["copy"], "model.layers.0.mlp.up_proj.weight"));
        Assert.True(JsonNode.DeepEquals(Settings(_bed["packed"]), Settings(_bed["copy"])));
        Assert.All(MergeBed.StoredAll(_bed["plain"]).Values, tensor => Assert.Equal(DType.BF16, tensor.Info.DType));
        Assert.DoesNotContain("quantization_config", File.ReadAllText(_bed["plain/config.json"]), StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    // Codes that do not fill their scale's range: packed again, they would get other scales.
    private string WithSmallCodes(string model)
    {
        string copy = _bed["small"];
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(copy, "config.json"));
        byte[] bytes = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        int headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        foreach ((string name, JsonNode? tensor) in JsonNode.Parse(bytes.AsSpan(8, headerBytes))!.AsObject())
        {
            if (tensor!["dtype"]?.GetValue<string>() is "I32" or "I8" or "F8_E4M3"
                && (name.EndsWith("weight", StringComparison.Ordinal) || name.EndsWith("weight_packed", StringComparison.Ordinal)))
            {
                (int begin, int end) = (tensor["data_offsets"]![0]!.GetValue<int>(), tensor["data_offsets"]![1]!.GetValue<int>());
                bytes.AsSpan(8 + headerBytes + begin, end - begin).Fill(0x11);
            }
        }

        File.WriteAllBytes(Path.Combine(copy, "model.safetensors"), bytes);
        return copy;
    }

    private static Problem Refused(Func<object> action) =>
        Assert.ThrowsAny<MergeHostException>(action).Problems.First(problem => problem.Severity == Severity.Error);

    private static string Average(string name, string type) =>
        $"merge_method: linear\nmodels:\n- {{model: {_cases}/{name}/a, parameters: {{weight: 0.5}}}}\n- {{model: {_cases}/{name}/b, "
            + $"parameters: {{weight: 0.5}}}}\ndtype: {type}\n";

    private static JsonNode Settings(string folder) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["quantization_config"]!;

    // The average may be −0 in one and 0 in the other: that is one number.
    private static byte[] Unsigned(TensorInfo tensor, byte[] bytes) =>
        tensor.DType == DType.F8_E4M3 ? [.. bytes.Select(code => code == 0x80 ? (byte)0 : code)]
        : tensor.DType == DType.F32 ? [.. bytes.Chunk(4).SelectMany(number => number is [0, 0, 0, 0x80] ? [0, 0, 0, 0] : number)]
        : bytes;
}
