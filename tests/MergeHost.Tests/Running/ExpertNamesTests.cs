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
                .Remove("model.layers.0.mlp.up_proj.weight").Remove("model.layers.0.mlp.down_proj.weight").Add("model.layers.0.mlp.gate.weight", DType.F32, [2, 4], seed);
            foreach (string expert in new[] { "0", "1" })
            {
                mixture.Add($"{Experts}{expert}.gate_proj.weight", DType.F32, [8, 4], seed).Add($"{Experts}{expert}.up_proj.weight", DType.F32, [8, 4], seed)
                    .Add($"{Experts}{expert}.down_proj.weight", DType.F32, [4, 8], seed);
            }

            mixture.Write(_bed[$"{seed}"]);
        }

        return $"merge_method: linear\nmodels: [{{model: {_bed["1"]}}}, {{model: {_bed["2"]}}}]\nparameters: {{weight: 1}}\n";
    }
}
