using System.Text.Json.Nodes;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Adapters through the whole host, with the plugin that adds them.</summary>
public sealed class AdapterTests : IDisposable
{
    private const string Query = "model.layers.0.self_attn.q_proj.weight";
    private const string Up = "model.layers.0.mlp.up_proj.weight";

    private static readonly string _fixtures = Path.Combine(MergeBed.Fixtures, "adapters");

    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_OfALoraAndThenADora_TakesTheDorasLengthsOverTheBaseAlone()
    {
        float[] plain = Merged("llama-f32");
        float[] first = Merged("llama-f32+lora-plain-qv");
        float[] dora = Merged("llama-f32+multi-dora");
        float[] both = Merged("llama-f32+lora-plain-qv+multi-dora");
        const int columns = 32;
        for (int start = 0; start < plain.Length; start += columns)
        {
            // W' = (W + Δ₁ + Δ)·m/‖W + Δ‖: what the first adds is scaled by one number a row.
            float[] added = [.. Enumerable.Range(start, columns).Select(i => both[i] - dora[i])];
            float[] change = [.. Enumerable.Range(start, columns).Select(i => first[i] - plain[i])];
            double factor = added.Zip(change, (a, c) => (double)a * c).Sum() / change.Sum(c => (double)c * c);
            Assert.True(factor > 0.1);
            Assert.Equal(change.Select(c => factor * c), added.Select(a => (double)a), (x, y) => Math.Abs(x - y) < 1e-5);
        }
    }

    [Fact]
    public void Merge_OfAPackedBaseAndAnAdapter_AddsToWhatThePackingMeans()
    {
        // 0x38 is 1 in E4M3.
        TinyCheckpoint.Llama(type: DType.F32).Remove(Up)
            .Add(new TensorInfo(Up, DType.F8_E4M3, [8, 4]), [.. Enumerable.Repeat((byte)0x38, 32)])
            .Add(Up + "_scale_inv", DType.F32, [2, 1], [3f, 3f])
            .Configure("quantization_config", new JsonObject { ["quant_method"] = "fp8", ["weight_block_size"] = new JsonArray(4, 4) })
            .Write(_bed["packed"]);
        const string module = "base_model.model.model.layers.0.mlp.up_proj";
        new TinyCheckpoint()
            .Add($"{module}.lora_A.weight", DType.F32, [1, 4], [1, 2, 3, 4])
            .Add($"{module}.lora_B.weight", DType.F32, [8, 1], [.. Enumerable.Range(0, 8).Select(row => (float)row)])
            .AddFile("adapter_config.json", """{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["up_proj"]}""")
            .Write(_bed["qlora"]);
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {_bed["packed"]}+{_bed["qlora"]}}}]", "out");
        (TensorInfo info, float[] values) = MergeBed.Read(_bed["out"], Up);
        Assert.Equal(DType.F32, info.DType);
        Assert.Equal(Enumerable.Range(0, 32).Select(i => 3 + (2f * (i / 4) * ((i % 4) + 1))), values);
        Assert.DoesNotContain("quantization_config", File.ReadAllText(_bed["out/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WhenTheAdapterIsAnotherOneMeanwhile_IsNotTakenForDone()
    {
        string adapter = Copy("lora-plain-qv", "adapter");
        string recipe = $"merge_method: passthrough\nmodels: [{{model: {_fixtures}/llama-f32+{adapter}}}]";
        _bed.Merge(recipe, "out");
        File.SetLastWriteTimeUtc(Path.Combine(adapter, "adapter_model.safetensors"), DateTime.UtcNow.AddMinutes(-5));
        Problem problem = MergeBed.Fails(() => _bed.Merge(recipe, "out"));
        Assert.Equal(ErrorCodes.OtherMerge, problem.Code);
        Assert.Contains("adapter_model.safetensors", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithAFolderOfAdapters_NamesOneOfThem()
    {
        Copy("lora-plain-qv", "adapters/chat");
        Problem problem =
            MergeBed.Fails(() => _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {_fixtures}/llama-f32+{_bed["adapters"]}}}]",
                "out"));
        Assert.Equal(ErrorCodes.UnknownFormat, problem.Code);
        Assert.Equal($"Name the folder of one adapter, such as '{_bed["adapters"]}/chat'.", problem.Hint);
    }

    [Fact]
    public void Compare_OfABaseWithAnAdapter_MeasuresWhatTheAdapterAdds()
    {
        string model = $"{_fixtures}/llama-f32+{_fixtures}/lora-plain-qv";
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {model}}}]", "out");
        Assert.Equal(0, _bed.Engine.Compare([model, _bed["out"]], null, new MergeOptions()).Pairs[0].Whole.L2);
        PairComparison half = _bed.Engine.Compare([model, $"{model}*0.5"], $"{_fixtures}/llama-f32", new MergeOptions()).Pairs
            .Single(pair => !pair.A.EndsWith("f32", StringComparison.Ordinal));
        Assert.Equal(half.Whole.TaskVectors!.NormA / 2, half.Whole.TaskVectors.NormB, half.Whole.L2 * 1e-5);
        Assert.Equal(1, half.Whole.TaskVectors.Cosine!.Value, 1e-6);
    }

    [Fact]
    public void Score_OfABaseWithAnAdapter_IsTheScoreOfTheMergedModel()
    {
        string model = $"{_fixtures}/llama-f32+{_fixtures}/lora-plain-qv";
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {model}}}]", "out");
        Assert.Equal(Scores(_bed["out"]), Scores(model));

        string[] Scores(string adapted)
        {
            ScoreReport report = _bed.Engine.Score($"{_fixtures}/llama-f32", adapted, new ScoreRequest(["relative_change"], []),
                new MergeOptions());
            Assert.Contains(report.Tensors, tensor => tensor.Scores.Values.Any(score => score.Value > 0));
            return [.. report.Tensors.SelectMany(tensor => tensor.Scores.Values.Select(score => $"{tensor.Name} {score.Value:R}"))];
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("embedding")]
    public void Merge_OfAnAdapterOfLlamaCpp_IsThatOfPeftsForm(string name)
    {
        string @base = $"{_fixtures}/llama-f32";
        string peft = $"{_fixtures}/gguf/{name}";
        _bed.Engine.ConvertAdapter(peft, @base, _bed["written.gguf"], "gguf", null, new MergeOptions());
        _bed.Engine.ConvertAdapter(_bed["written.gguf"], @base, _bed["again"], "safetensors", null, new MergeOptions());
        Assert.True(File.Exists(_bed["again/adapter_model.safetensors"]));
        PairComparison[] pairs = [.. new[] { $"{peft}.gguf", _bed["written.gguf"], _bed["again"] }.Select(other =>
            _bed.Engine.Compare([$"{@base}+{peft}", $"{@base}+{other}"], @base, new MergeOptions()).Pairs.Single(pair => pair.A != @base))];
        Assert.All(pairs, pair => Assert.InRange(pair.Whole.L2 / pair.Whole.TaskVectors!.NormA, 0, 1e-6));
        Assert.All(pairs, pair => Assert.True(pair.Whole.TaskVectors!.NormA > 0.1));
    }

    [Fact]
    public void ConvertAdapter_WithoutABase_SaysWhatGgufNeeds()
    {
        Problem problem = MergeBed.Fails(() => _bed.Engine.ConvertAdapter($"{_fixtures}/gguf/plain", null, _bed["out.gguf"], "gguf", null,
            new MergeOptions()));
        Assert.Contains("names its base's architecture", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--base MODEL", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_OfABaseWithAnAdapter_GivesTheAdapterBack()
    {
        string @base = $"{_fixtures}/llama-f32";
        string model = $"{@base}+{_fixtures}/lora-plain-qv";
        MergeManifest manifest = _bed.Engine.Extract(@base, model, _bed["extracted"], new ExtractRequest { Rank = 4 }, new MergeOptions());

        // Four projections changed, and nothing else is stored.
        Assert.Equal(8, manifest.Tensors.Count);
        Assert.All(manifest.Tensors.Where(tensor => tensor.Figures is not null),
            tensor => Assert.InRange(tensor.Figures!["residual"], 0, 1e-5));
        PairComparison pair = _bed.Engine.Compare([model, $"{@base}+{_bed["extracted"]}"], @base, new MergeOptions()).Pairs
            .Single(pair => pair.A != @base);
        Assert.InRange(pair.Whole.L2 / pair.Whole.TaskVectors!.NormA, 0, 1e-5);
    }

    [Theory]
    [InlineData(0.999999, null, 4)]
    [InlineData(0.999999, 3, 3)]
    [InlineData(0.01, null, 1)]
    public void Extract_ByEnergy_ChoosesTheRankOfEachMatrix(double energy, int? most, int rank)
    {
        string @base = $"{_fixtures}/llama-f32";
        MergeManifest manifest = _bed.Engine.Extract(@base, $"{@base}+{_fixtures}/lora-plain-qv", _bed["extracted"],
            new ExtractRequest { Energy = energy, Rank = most }, new MergeOptions());
        Assert.All(manifest.Tensors.Where(tensor => tensor.Figures is not null), tensor => Assert.Equal(rank, tensor.Figures!["rank"]));
    }

    [Fact]
    public void Extract_OfAWholeTrainedModel_HoldsEverythingThatChanged()
    {
        // Ranks as large as the matrices lose nothing.
        TinyCheckpoint.Llama(type: DType.F32).Write(_bed["before"]);
        TinyCheckpoint.Llama(type: DType.F32, seed: 9).Write(_bed["after"]);
        _bed.Engine.Extract(_bed["before"], _bed["after"], _bed["extracted"], new ExtractRequest { Rank = 64, IsExact = true },
            new MergeOptions());
        PairComparison pair = _bed.Engine.Compare([_bed["after"], $"{_bed["before"]}+{_bed["extracted"]}"], _bed["before"],
            new MergeOptions()).Pairs.Single(pair => pair.A != _bed["before"]);
        Assert.InRange(pair.Whole.L2 / pair.Whole.TaskVectors!.NormA, 0, 1e-5);
    }

    [Fact]
    public void Merge_OfAdaptersAsAnAdapter_IsTheMergeOfTheModels()
    {
        string @base = $"{_fixtures}/llama-f32";
        string one = $"{_fixtures}/lora-plain-qv";
        string two = $"{_fixtures}/gguf/plain";
        _bed.Merge($"build: {{lora: {{adapters: [{{model: {one}, weight: 0.5}}, {{model: {two}, weight: -0.25}}]}}}}", "lora");
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "mergehost.json"],
            Directory.GetFiles(_bed["lora"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        PairComparison pair = _bed.Engine.Compare([$"{@base}+{one}*0.5+{two}*-0.25", $"{@base}+{_bed["lora"]}"], @base,
            new MergeOptions()).Pairs.Single(pair => pair.A != @base);
        Assert.InRange(pair.Whole.L2 / pair.Whole.TaskVectors!.NormA, 0, 1e-6);
    }

    public void Dispose() => _bed.Dispose();

    private float[] Merged(string model)
    {
        string[] parts = [.. model.Split('+').Select(part => $"{_fixtures}/{part}")];
        string output = model.Replace('+', '-');
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {string.Join('+', parts)}}}]", output);
        return MergeBed.Read(_bed[output], Query).Values;
    }

    private string Copy(string name, string to)
    {
        Directory.CreateDirectory(_bed[to]);
        foreach (string path in Directory.EnumerateFiles(Path.Combine(_fixtures, name)))
        {
            File.Copy(path, Path.Combine(_bed[to], Path.GetFileName(path)));
        }

        return _bed[to];
    }
}
