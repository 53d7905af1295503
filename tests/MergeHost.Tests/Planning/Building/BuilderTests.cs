using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Running;
using MergeHost.Running.Data;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Planning.Building;

/// <summary>The builder of the fixtures: shapes that differ from the sources', tensors made in
/// one go, from none, and by a strategy.</summary>
public sealed class BuilderTests : IDisposable
{
    private const string Up = "model.layers.0.mlp.up_proj.weight";

    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("a", TinyCheckpoint.Llama(type: DType.F32))
        .Add("b", TinyCheckpoint.Llama(type: DType.F32, seed: 2));

    [Fact]
    public void Merge_OfABlueprint_JoinsMakesCopiesAndLeavesTheRestToTheStrategy()
    {
        MergeManifest manifest =
            Merge("build: {test_stack: {stacked: [{model: a}, {model: b, scale: 2}]}}\nmerge_method: linear\nparameters: {weight: 1}");
        Assert.Equal(Values("a", "model.embed_tokens.weight"), Output("embedding").Values);
        Assert.Equal([.. Turned(Values("a", Up)), .. Turned(Values("b", Up))], Output("stack").Values);
        Assert.Equal([2, 8, 4], Output("stack").Info.Shape);
        Assert.Equal(Heads((a, b) => a + (2 * b)), Output("sum").Values);
        Assert.Equal(Heads((a, b) => a * b), Output("product").Values);
        Assert.Equal(0, Output("seed").Values[0]);
        Assert.Equal(Values("a", "model.norm.weight").Zip(Values("b", "model.norm.weight"), (a, b) => (a + b) / 2),
            Output("model.norm.weight").Values);
        Assert.Contains(manifest.Stages[0].Accounts![1].Excused,
            rule => rule.Key == "not_stacked" && rule.Value.Contains("model.embed_tokens.weight"));
        Assert.Contains(Up, manifest.Stages[0].Accounts![1].Merged);
    }

    [Fact]
    public void Merge_IntoAnotherType_RoundsWhatIsJoinedAndMadeOnce()
    {
        Merge("build: {test_stack: {stacked: [{model: a}, {model: b}]}}\nmerge_method: linear\nparameters: {weight: 1}\ndtype: bfloat16");
        Assert.Equal(DType.BF16, Output("stack").Info.DType);
        Assert.Equal(Turned(Values("a", Up)).Select(Rounded), Output("stack").Values[..32]);
        Assert.Equal(Heads((a, b) => a + b).Select(Rounded), Output("sum").Values);
        Assert.Contains("\"bfloat16\"", File.ReadAllText(Path.Combine(_folder["out"], "config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfALongStack_IsTheSameOnAnyThreadsAndInMemory()
    {
        TinyCheckpoint Wide(int seed) => TinyCheckpoint.Llama(type: DType.F32, seed: seed).Add(Up, DType.F32, [1000, 250], seed);
        _folder.Add("c", Wide(3)).Add("d", Wide(4));
        const string recipe =
            "build: {test_stack: {stacked: [{model: c}, {model: d}, {model: c}]}}\nmerge_method: linear\nparameters: {weight: 1}";
        MergeManifest manifest = Merge(recipe);
        Assert.Equal([.. Turned(Values("c", Up), 250), .. Turned(Values("d", Up), 250), .. Turned(Values("c", Up), 250)],
            Output("stack").Values);
        Assert.Equal(MergeBed.Digests(manifest),
            MergeBed.Digests(Merge(recipe, "other", new MergeOptions { Threads = 3, BlockElements = TensorDigest.UnitElements })));
        using PlanSession session = _folder.Open(recipe);
        MergePlan plan = session.Plan(_folder["elsewhere"], new MergeOptions());
        using ICheckpointReader memory = new MemoryRunner(plan, _folder["elsewhere"], RecipeFolder.Host, new MergeOptions()).Run(default);
        using ModelResolver models = RecipeFolder.Models();
        Assert.Equal(WeightsDigest.Of(models.Open(_folder["out"]).Open(), default), WeightsDigest.Of(memory, default));
    }

    [Fact]
    public void Merge_OfARecipeOfAnotherProgram_IsKnownByItsField()
    {
        Fails("stacked: [{model: a}, {model: {path: b}}]\nmerge_method: test_stack\nparameters: {}\ndtype: float32",
            "first 'model.norm.weight', and the recipe names none");
        Fails("stacked: [{model: a}]\nmodels: [{model: a}]", "'models' has no effect beside builder 'test_stack'");
    }

    [Fact]
    public void Merge_OfAnEarlierStagesResult_RunsTheStagesInOrder()
    {
        Merge("""
            build: {test_stack: {stacked: [{model: mean}, {model: b}]}}
            merge_method: linear
            parameters: {weight: 1}
            ---
            name: mean
            merge_method: linear
            models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
            """);
        Assert.Equal(Values("a", "model.embed_tokens.weight").Zip(Values("b", "model.embed_tokens.weight"), (a, b) => (a + b) / 2),
            Output("embedding").Values);
    }

    [Theory]
    [InlineData("build: test_stak", "MH3006", "no builder 'test_stak'")]
    [InlineData("build: [a]", "MH1005", "'build' must be a builder's name")]
    [InlineData("build: test_stack", "MH1006", "option 'stacked' of 'test_stack' is missing")]
    [InlineData("build: {test_stack: {stacked: a}}", "MH1005", "stacked is 'a'; it must be a list of mappings")]
    [InlineData("build: {test_stack: {stacked: [a]}}", "MH1005", "stacked is 'a'; it must be a mapping")]
    [InlineData("build: {test_stack: {stacked: [{model: a, scal: 2}]}}", "MH1008", "'test_stack' has no option 'scal'")]
    [InlineData("build: {test_stack: {stacked: [{model: a, scale: big}]}}", "MH1005", "scale is 'big'; it must be a number")]
    [InlineData("build: {test_stack: {stacked: [{scale: 1}]}}", "MH1006", "option 'model' of 'test_stack' is missing")]
    [InlineData("build: {test_stack: {stacked: [{model: nowhere}]}}", "MH1010", "there is no file or folder 'nowhere'")]
    [InlineData("build: {test_stack: {stacked: [{model: a}]}}\nselect: {}", "MH1009", "'select' has no effect beside builder 'test_stack'")]
    [InlineData("build: {test_stack: {stacked: [{model: a}, {model: b}]}}", "MH1006",
        "builder 'test_stack' leaves 1 tensors to a strategy")]
    [InlineData("build: {test_stack: {stacked: [{model: a}, {model: b}, {model: a}]}}\nmerge_method: slerp\nparameters: {t: 1}", "MH1013",
        "tensor 'model.norm.weight': 'slerp' cannot merge 3 models")]
    [InlineData("build: {test_stack: {stacked: [{model: a}], fault: refused}}", "MH4007", "'a' is refused")]
    [InlineData("build: {test_stack: {stacked: [{model: a}], fault: thrown}}", "MH3012",
        "builder 'test_stack' of plugin 'transforms' 1.0.0 failed with InvalidOperationException: thrown while planning")]
    [InlineData("build: {test_stack: {stacked: [{model: a}], fault: early}}", "MH3012",
        "builder 'test_stack' of plugin 'transforms' 1.0.0 failed with InvalidOperationException: thrown while checking (its options)")]
    [InlineData("build: {test_stack: {stacked: [{model: a}], fault: lost}}", "MH3012",
        "builder 'test_stack' of plugin 'transforms' 1.0.0 neither uses '")]
    [InlineData("build: {test_stack: {stacked: [{model: a}], fault: late}}\nmerge_method: linear\nparameters: {weight: 1}", "MH3012",
        "thrown in a work (tensor 'sum')")]
    public void Merge_OfAWrongRecipeOrBuilder_NamesWhatIsWrong(string recipe, string code, string message) => Fails(recipe, message, code);

    public void Dispose() => _folder.Dispose();

    private void Fails(string recipe, string expected, string? code = null)
    {
        Problem[] problems = [.. Assert.ThrowsAny<MergeHostException>(() => Merge(recipe, "out")).Problems
            .Where(problem => problem.Severity == Severity.Error)];
        Assert.Contains(problems,
            problem => problem.Message.Contains(expected, StringComparison.Ordinal) && (code is null || problem.Code.Id == code));
    }

    private MergeManifest Merge(string recipe, string output = "out", MergeOptions? options = null)
    {
        using PlanSession session = _folder.Open(recipe);
        options ??= new MergeOptions();
        return new MergeRunner(session.Plan(_folder[output], options), RecipeFolder.Host, options, warnings: null, progress: null)
            .Run(default);
    }

    private static IEnumerable<float> Turned(float[] rows, int length = 4) => rows.Chunk(length).Reverse().SelectMany(row => row);

    private static float Rounded(float value)
    {
        byte[] stored = new byte[2];
        MergeHost.Kernels.DTypes.DTypeConversion.FromSingle(DType.BF16, [value], stored);
        float[] back = new float[1];
        MergeHost.Kernels.DTypes.DTypeConversion.ToSingle(DType.BF16, stored, back);
        return back[0];
    }

    private IEnumerable<float> Heads(Func<float, float, float> join) =>
        Values("a", "lm_head.weight").Zip(Values("b", "lm_head.weight"), join);

    private float[] Values(string model, string tensor) => MergeBed.Read(_folder[model], tensor).Values;

    private (TensorInfo Info, float[] Values) Output(string tensor) => MergeBed.Read(_folder["out"], tensor);
}
