using MergeHost.Testing;

namespace MergeHost.Tests.Running;

/// <summary>The experts of a mixture are stored one by one, or all of a layer in one tensor, as the recipe says.</summary>
public sealed class ExpertNamesTests : IDisposable
{
    private const string Experts = "model.layers.0.mlp.experts.";

    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_WithFusedNames_StoresTheExpertsOfALayerInOneTensor()
    {
        string recipe = Recipe();
        _bed.Merge(recipe + "output: {names: separate}\n", "separate");
        _bed.Merge(recipe + "output: {names: fused}\n", "fused");
        (TensorInfo fused, float[] values) = MergeBed.Read(_bed["fused"], Experts + "gate_up_proj");
        Assert.Equal([2, 16, 4], fused.Shape);
        string[] parts = ["0.gate_proj", "0.up_proj", "1.gate_proj", "1.up_proj"];
        Assert.Equal(parts.SelectMany(part => MergeBed.Read(_bed["separate"], $"{Experts}{part}.weight").Values), values);
        Assert.Empty(_bed.Engine.Verify(_bed["fused"]));
        Assert.False(Directory.Exists(Path.Combine(_bed["fused"], ".stages")));
    }

    [Fact]
    public void Merge_IntoABaseOfFusedExperts_FollowsItUnlessToldOtherwise()
    {
        string recipe = Recipe();
        _bed.Merge(recipe + "output: {names: fused}\n", "fused");
        string mixed =
            $"merge_method: slerp\nbase_model: {_bed["fused"]}\nmodels: [{{model: {_bed["fused"]}}}, {{model: {_bed["1"]}}}]\nparameters: "
                + $"{{t: 0.3}}\n";
        _bed.Merge(mixed, "followed");
        _bed.Merge(mixed + "output: {names: separate}\n", "separate");
        Assert.Equal(MergeBed.Read(_bed["separate"], Experts + "0.down_proj.weight").Values
            .Concat(MergeBed.Read(_bed["separate"], Experts + "1.down_proj.weight").Values),
            MergeBed.Read(_bed["followed"], Experts + "down_proj").Values);

        _bed.Merge(mixed.Replace($"base_model: {_bed["fused"]}", $"base_model: {_bed["1"]}", StringComparison.Ordinal), "other");
        Assert.Equal([4, 8], MergeBed.Read(_bed["other"], Experts + "1.down_proj.weight").Info.Shape);
    }

    [Fact]
    public void Merge_OfStagesOverFusedExperts_FusesTheLast()
    {
        string recipe = Recipe();
        _bed.Merge(recipe + "output: {names: fused}\n", "fused");
        _bed.Merge($"name: first\nmerge_method: passthrough\nmodels: [{{model: {_bed["fused"]}}}]\n---\nmerge_method: linear\nmodels: "
            + $"[{{model: first}}, {{model: {_bed["1"]}}}]\nparameters: {{weight: 1}}\n", "out");
        Assert.Equal([2, 4, 8], MergeBed.Read(_bed["out"], Experts + "down_proj").Info.Shape);
    }

    [Fact]
    public void Merge_WithOtherNames_IsRefused()
    {
        Problem problem = MergeBed.Fails(() => _bed.Merge(Recipe() + "output: {names: fusd}\n", "out"));
        Assert.Equal((ErrorCodes.ValueOutOfRange, "names is 'fusd'; it must be separate or fused"), (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'fused'?", problem.Hint, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private string Recipe()
    {
        foreach (int seed in new[] { 1, 2 })
        {
            TinyCheckpoint mixture = TinyCheckpoint.Llama(layers: 1, type: DType.F32, seed: seed).Configure("model_type", "qwen3_moe")
                .Remove("model.layers.0.mlp.up_proj.weight").Remove("model.layers.0.mlp.down_proj.weight")
                .Add("model.layers.0.mlp.gate.weight", DType.F32, [2, 4], seed);
            foreach (string expert in new[] { "0", "1" })
            {
                mixture.Add($"{Experts}{expert}.gate_proj.weight", DType.F32, [8, 4], seed)
                    .Add($"{Experts}{expert}.up_proj.weight", DType.F32, [8, 4], seed)
                        .Add($"{Experts}{expert}.down_proj.weight", DType.F32, [4, 8], seed);
            }

            mixture.Write(_bed[$"{seed}"]);
        }

        return $"merge_method: linear\nmodels: [{{model: {_bed["1"]}}}, {{model: {_bed["2"]}}}]\nparameters: {{weight: 1}}\n";
    }
}
