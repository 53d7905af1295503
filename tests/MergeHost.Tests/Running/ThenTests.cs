using MergeHost.Reports;

namespace MergeHost.Tests.Running;

/// <summary>What is done to merged tensors at the end.</summary>
public sealed class ThenTests : IDisposable
{
    private const string Up = "model.layers.0.mlp.up_proj.weight";

    private readonly MergeBed _bed = new();

    // One step on float32 is what a second stage makes of the first in float32: nothing is rounded in between.
    [Theory]
    [InlineData("task_arithmetic", "{lines: {alpha: 0.2}}", "lines", "alpha: 0.2")]
    [InlineData("ties", "{clip: {limit: 0.05, of: row}}", "clip", "limit: 0.05, of: row")]
    [InlineData("tsv_m", "norm", "norm", "")]
    [InlineData("dare_ties", "{subspace_boosting: {beta: 0.3}}", "subspace_boosting", "beta: 0.3")]
    public void Merge_WithAStep_IsWhatAStageOfItsOwnMakes(string method, string step, string strategy, string parameters)
    {
        MergeManifest stepped = _bed.Merge($"{MergeBed.Recipe(method)}\nthen: [{step}]", "stepped");
        MergeManifest staged = _bed.Merge($$"""
            name: first
            {{MergeBed.Recipe(method)}}
            dtype: float32
            ---
            merge_method: {{strategy}}
            base_model: {{MergeBed.Models}}base
            models: [{model: first}]
            parameters: { {{parameters}} }
            dtype: bfloat16
            """, "staged");
        Assert.Equal(MergeBed.Digests(staged), MergeBed.Digests(stepped));
    }

    [Fact]
    public void Merge_WithSteps_TakesThemInOrder()
    {
        string[] digests = [.. new[] { "[{lines: {alpha: 0.1}}, norm]", "[norm, {lines: {alpha: 0.1}}]", "[norm]" }
            .Select((then,
                i) => MergeBed.Digests(_bed.Merge($"{MergeBed.Recipe("task_arithmetic")}\nthen: {then}", $"out{i}"))
                    .Single(digest => digest.StartsWith(Up, StringComparison.Ordinal)))];
        Assert.Equal(3, digests.Distinct().Count());
    }

    // By hand, of one tensor: the last layer is as it was merged, the first is half as far from the base.
    [Fact]
    public void Merge_WithLines_MovesTheFirstLayerHalfAsFar()
    {
        _bed.Merge($"{MergeBed.Recipe("task_arithmetic")}\ndtype: float32", "plain");
        _bed.Merge($"{MergeBed.Recipe("task_arithmetic")}\ndtype: float32\nthen: lines", "lines");
        float[] @base = MergeBed.Read($"{MergeBed.Models}base", Up).Values;
        float[] plain = MergeBed.Read(_bed["plain"], Up).Values;
        Assert.All(MergeBed.Read(_bed["lines"], Up).Values.Select((value, i) => (value, i)),
            pair => Assert.Equal((@base[pair.i] + plain[pair.i]) / 2, pair.value, 1e-6f));
        Assert.Equal(MergeBed.Read(_bed["plain"], "model.layers.3.mlp.up_proj.weight").Values,
            MergeBed.Read(_bed["lines"], "model.layers.3.mlp.up_proj.weight").Values);
    }

    [Fact]
    public void Merge_WithSteps_GivesTheSameBitsForAnyThreadsAndMemory()
    {
        string recipe =
            $"{MergeBed.Recipe("ties", "density: 0.3")}\nthen: [{{clip: {{limit: 0.1}}}}, {{lines: {{alpha: [0.1, 0.5]}}}}, norm]";
        IReadOnlyList<string> expected = MergeBed.Digests(_bed.Merge(recipe, "one", new MergeOptions { Threads = 1 }));
        Assert.Equal(expected,
            MergeBed.Digests(_bed.Merge(recipe, "four",
                new MergeOptions { Threads = 4, MemoryBytes = 128L << 20, BlockElements = 1 << 16 })));
    }

    // One source of weight 1 is copied, and steps are done to it all the same.
    [Fact]
    public void Merge_OfOneModelThatWouldBeCopied_TakesTheSteps()
    {
        string recipe =
            $"merge_method: task_arithmetic\nbase_model: {MergeBed.Models}base\nmodels: [{{model: {MergeBed.Models}math, parameters: "
                + $"{{weight: 1}}}}]\nthen: [{{clip: {{limit: 0}}}}]\nallow_unchanged: [{MergeBed.Models}math]";
        _bed.Merge(recipe, "out");
        Assert.Equal(MergeBed.Stored($"{MergeBed.Models}base", Up), MergeBed.Stored(_bed["out"], Up));
    }

    [Fact]
    public void Plan_AndManifest_NameStepsWithTheirParameters()
    {
        string recipe =
            $"{MergeBed.Recipe("task_arithmetic")}\nthen: [{{lines: {{alpha: [0.1, 0.5]}}}}, {{clip: {{limit: [{{filter: mlp, value: "
                + $"0.1}}, {{value: 0.2}}]}}}}, norm]";
        MergeManifest manifest = _bed.Merge(recipe, "out");
        string[] expected = ["lines (alpha [0.1, 0.5])", "clip (limit mlp: 0.1; *: 0.2)", "norm"];
        Assert.Equal(expected, manifest.Stages[0].Then!.Select(step => step.ToText()));
        Assert.Contains(manifest.Plugins, plugin => plugin.Id == "shapes");
        StageSummary stage = _bed.Engine.Plan(_bed["out.yaml"], new MergeOptions()).Stages[0];
        Assert.Equal(expected, stage.Then.Select(step => step.ToText()));
        Assert.All(stage.Tensors, tensor => Assert.Equal("elementwise, then lines, clip, norm", tensor.Treatment));
        Assert.Null(_bed.Merge(MergeBed.Recipe("task_arithmetic"), "plain").Stages[0].Then);
    }

    [Fact]
    public void Merge_ThatWasStoppedBetweenTensors_ResumesToTheSameBytes()
    {
        string recipe = $"{MergeBed.Recipe("task_arithmetic")}\nthen: [norm, {{clip: {{limit: 0.1}}}}]";
        _bed.Merge(recipe, "whole");
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => _bed.Merge(recipe, "out", new MergeOptions { Threads = 1 }, new Told(progress =>
        {
            if (progress.DoneTensors > 5)
            {
                stop.Cancel();
            }
        }), stop.Token));
        _bed.Merge(recipe, "out");
        Assert.Equal(File.ReadAllBytes(_bed["whole/model.safetensors"]), File.ReadAllBytes(_bed["out/model.safetensors"]));
    }

    [Theory]
    [InlineData("MH1013", "then: [lines]", "linear", "'then' works on what was added to a base, and 'linear' adds nothing to one",
        "task_arithmetic")]
    [InlineData("MH1013", "then: [linear]", "ties", "'linear' is no step of 'then': it does not merge a single model into a base",
        "clip, ")]
    [InlineData("MH1002", "then: [lins]", "ties", "no strategy 'lins'", "did you mean 'lines'?")]
    [InlineData("MH1008", "then: [{clip: {limt: 1}}]", "ties", "'clip' has no parameter 'limt'", "did you mean 'limit'?")]
    [InlineData("MH1004", "then: [{clip: {limit: -1}}]", "ties", "limit is -1; it must be in [0, ∞]", "")]
    [InlineData("MH1005", "then: [{clip: {limit: 1}, norm: {}}]", "ties", "an item of 'then' must be a name, or a name with its parameters",
        "")]
    [InlineData("MH1006", "then: [aim]", "ties", "parameter 'statistics' is missing", "Name a checkpoint under its `parameters:`")]
    [InlineData("MH1010", "then: [{aim: {statistics: nothing.safetensors}}]", "ties", "there is no file or folder", "")]
    public void Plan_WithStepsThatCannotBe_SaysWhyAtTheirPlace(string code, string then, string method, string message, string hint)
    {
        File.WriteAllText(_bed["bad.yaml"], $"{then}\n{MergeBed.Recipe(method)}");
        Problem problem = MergeBed.Fails(() => _bed.Engine.Plan(_bed["bad.yaml"], new MergeOptions()));
        Assert.Equal((code, 1), (problem.Code.ToString(), problem.Place!.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(hint, problem.Hint ?? "", StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();
}
