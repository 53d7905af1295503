using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running;
using MergeHost.Summaries;
using MergeHost.Testing;
using MergeHost.Tests.Planning;
using MergeHost.Tests.Plugins;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Transforms of the fixtures, asked for or recognising, wherever checkpoints are opened.</summary>
public sealed class TransformTests : IDisposable
{
    private const string Tensor = "model.layers.0.mlp.up_proj.weight";

    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("a", TinyCheckpoint.Llama(type: DType.F32))
        .Add("b", TinyCheckpoint.Llama(type: DType.F32, seed: 2))
        .Add("adapter", new TinyCheckpoint().Add(Tensor, DType.F32, [8, 4], seed: 3).AddFile("test_adapter.json", "{}"))
        .Add("packed", TinyCheckpoint.Llama(type: DType.F32)
            .Add("model.layers.0.mlp.up_proj.weight_scale", DType.F32, [1], [4f])
            .Configure("quantization_config", new JsonObject { ["quant_method"] = "test" }));

    [Theory]
    [InlineData("{model: {model: a, apply: [{test_sum: {path: adapter, scale: 2}}]}}", 2)]
    [InlineData("{model: {path: a, apply: [{test_sum: {path: adapter, scale: 2}}]}}", 2)]
    [InlineData("{model: a+adapter}", 1)]
    [InlineData("{model: {model: a, lora: adapter}}", 1)]
    [InlineData("{model: {model: {path: a}, lora: {path: adapter}}}", 1)]
    [InlineData("{model: a+adapter+adapter}", 2)]
    [InlineData("{model: a+adapter*0.5+adapter}", 1.5)]
    [InlineData("{model: 'a+adapter * -1'}", -1)]
    public void Merge_OfAModelWithAnAdapter_MergesTheSum(string model, float scale)
    {
        MergeManifest manifest = Merge($"merge_method: passthrough\nmodels: [{model}]");
        float[] expected = Add(Values("a"), Values("adapter"), scale);
        Assert.Equal(expected, MergeBed.Read(_folder["out"], Tensor).Values, (x, y) => Math.Abs(x - y) < 1e-6);
        Assert.Contains("test_sum (transforms 1.0.0)", manifest.Stages[0].Inputs[0].Transforms!);
        Assert.Contains(manifest.Plugins, plugin => plugin.Id == "transforms");
    }

    [Fact]
    public void Merge_OfOneModelPlainAndTransformed_TakesThemForTwo()
    {
        Merge("merge_method: linear\nmodels: [{model: a, parameters: {weight: 1}}, {model: {model: a, apply: [{test_sum: {path: "
            + "adapter}}]}, parameters: {weight: 1}}]");
        Assert.Equal(Add(Values("a"), Values("adapter"), 0.5f), MergeBed.Read(_folder["out"], Tensor).Values,
            (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Fact]
    public void Merge_OfAStagesResultWithATransform_IsTheSameOnDiskAndInMemory()
    {
        const string recipe = """
            name: mean
            merge_method: linear
            models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
            ---
            merge_method: passthrough
            models: [{model: mean+adapter}]
            """;
        Merge(recipe);
        using PlanSession session = _folder.Open(recipe);
        MergePlan plan = session.Plan(_folder["elsewhere"], new MergeOptions());
        using ICheckpointReader memory = new MemoryRunner(plan, _folder["elsewhere"], RecipeFolder.Host, new MergeOptions()).Run(default);
        using ModelResolver models = RecipeFolder.Models();
        Assert.Equal(WeightsDigest.Of(models.Open(_folder["out"]).Open(), default), WeightsDigest.Of(memory, default));
        float[] mean = [.. Values("a").Zip(Values("b"), (a, b) => (a + b) / 2)];
        Assert.Equal(Add(mean, Values("adapter"), 1), MergeBed.Read(_folder["out"], Tensor).Values);
    }

    [Fact]
    public void Merge_OfAPackedModel_UnpacksItUnasked()
    {
        Merge("merge_method: passthrough\nmodels: [{model: packed}]");
        Assert.Equal(Values("a").Select(value => 4 * value), MergeBed.Read(_folder["out"], Tensor).Values);
        Assert.DoesNotContain("quantization_config", File.ReadAllText(_folder["out/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAPackedModel_NamesTheTransformAndWhatItUsedUp()
    {
        using ModelResolver models = RecipeFolder.Models();
        InputModel model = models.Open(_folder["packed"]);
        Assert.Equal(["test_unpack (transforms 1.0.0)"], CheckpointSummarizer.Of(model, []).Transforms);
        Assert.Equal([("model.layers.0.mlp.up_proj.weight_scale", "test_unpack")],
            model.Consumed.Select(consumed => (consumed.Tensor.Name, consumed.Transform)));
    }

    [Fact]
    public void Open_WithAnAdapter_DependsOnItsFilesAndOptions()
    {
        using ModelResolver models = RecipeFolder.Models();
        InputModel plain = models.Open(_folder["a"]);
        InputModel sum = models.Open($"{_folder["a"]}+{_folder["adapter"]}");
        Assert.Equal([Path.Combine(_folder["a"], "model.safetensors"), Path.Combine(_folder["adapter"], "model.safetensors")],
            sum.WeightFiles);
        Assert.NotEqual(plain.Identity, sum.Identity);
        Assert.NotEqual(IdentityOf("{test_sum: {path: adapter}}"), IdentityOf("{test_sum: {path: adapter, scale: 2}}"));
    }

    [Theory]
    [InlineData("throws", "failed with InvalidOperationException: out of order")]
    [InlineData("returns_nothing", "returned nothing")]
    [InlineData("makes_twins", "made two tensors of the name 'model.embed_tokens.weight'")]
    [InlineData("throws_when_read", "failed with InvalidOperationException: out of order (tensor '")]
    public void Merge_WithATransformThatBreaksItsContract_NamesThePlugin(string mistake, string message)
    {
        Problem problem =
            MergeBed.Fails(() =>
                Merge($"merge_method: passthrough\nmodels: [{{model: {{model: a, apply: [{{test_broken: {{mistake: {mistake}}}}}]}}}}]"));
        Assert.Equal(ErrorCodes.TransformBroken, problem.Code);
        Assert.StartsWith("transform 'test_broken' of plugin 'transforms' 1.0.0 ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfATransformThatReadsWhatIsNotMadeYet_NamesThePlugin()
    {
        Problem problem =
            _folder.Error(
                $"name: x\n{RecipeFolder.Linear("a", "b")}---\nmerge_method: passthrough\nmodels: [{{model: {{model: x, apply: "
                    + $"[{{test_broken: {{mistake: reads_at_once}}}}]}}}}]");
        Assert.Equal(ErrorCodes.TransformBroken, problem.Code);
        Assert.Contains("is read while planning, before an earlier stage makes it", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{test_smu: {path: adapter}}]", "MH3006", "no transform 'test_smu'")]
    [InlineData("[{test_sum: {path: adapter, sacle: 2}}]", "MH1008", "'test_sum' has no option 'sacle'")]
    [InlineData("[{test_sum: {path: adapter, scale: 20}}]", "MH1004", "scale is 20; it must be in [-10, 10]")]
    [InlineData("[{test_sum: {path: adapter, scale: [1, 2]}}]", "MH1005", "scale is a list; it must be a single value")]
    [InlineData("[test_sum]", "MH1006", "option 'path' of 'test_sum' is missing")]
    [InlineData("[{test_sum: {path: nowhere}}]", "MH1010", "there is no file or folder 'nowhere'")]
    [InlineData("[{test_sum: {path: adapter}, test_unpack: {}}]", "MH1005", "an item of 'apply' must be a name")]
    [InlineData("{test_sum: {path: adapter}}", "MH1005", "'apply' must be a list")]
    public void Plan_WithATransformThatIsWrong_NamesWhatIs(string apply, string code, string message)
    {
        Problem problem = _folder.Error($"merge_method: passthrough\nmodels: [{{model: {{model: a, apply: {apply}}}}}]");
        Assert.Equal(code, problem.Code.Id);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(2, problem.Place!.Line);
    }

    [Theory]
    [InlineData("a+b", "MH2012", "'b' is no adapter that an installed plugin adds to a model")]
    [InlineData("a+adaptr", "MH1010", "there is no file or folder 'adaptr'")]
    [InlineData("x+adapter", "MH1010", "there is no file or folder 'x'")]
    public void Plan_WithAnAdapterThatIsNone_NamesIt(string model, string code, string message)
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("b", model));
        Assert.Equal(code, problem.Code.Id);
        Assert.Equal(message, problem.Message);
    }

    [Fact]
    public void Open_WithAnAdapterWherePluginsAddNone_SaysSo()
    {
        using PluginFolder plugins = new();
        using ModelResolver models = new(new PluginSet(plugins.Scan("good/1.2.0")), RecipeFolder.Host);
        Problem problem = MergeBed.Fails(() => models.Open($"{_folder["a"]}+{_folder["adapter"]}"));
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.EndsWith("adds an adapter to a model, and no installed plugin does that", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAFolderWhoseNameHasAPlus_OpensIt()
    {
        _folder.Add("a+adapter", TinyCheckpoint.Llama(layers: 1));
        using ModelResolver models = RecipeFolder.Models();
        Assert.Equal(1, models.Open(_folder["a+adapter"]).LayerCount);
    }

    [Fact]
    public void Show_OfATransform_ListsItsOptions()
    {
        using MergeEngine engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);
        ExportSummary transform = Assert.Single(engine.ShowPlugin("test_sum"));
        Assert.Equal(("transform", 2), (transform.Kind, transform.Options.Count));
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Add(float[] left, float[] right, float scale) => [.. left.Zip(right, (l, r) => l + (scale * r))];

    private MergeManifest Merge(string recipe)
    {
        using PlanSession session = _folder.Open(recipe);
        return new MergeRunner(session.Plan(_folder["out"], new MergeOptions()), RecipeFolder.Host, new MergeOptions(), warnings: null,
            progress: null).Run(default);
    }

    private float[] Values(string model) => MergeBed.Read(_folder[model], Tensor).Values;

    private string IdentityOf(string apply) =>
        _folder.Plan($"merge_method: passthrough\nmodels: [{{model: {{model: a, apply: [{apply}]}}}}]").Stages[0].Models[0].Identity;
}
