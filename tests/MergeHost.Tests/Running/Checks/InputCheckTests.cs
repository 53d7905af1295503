using MergeHost.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Running.Checks;

/// <summary>What only data can tell of the inputs is told before the first tensor is written.</summary>
public sealed class InputCheckTests : IDisposable
{
    private const string Mask = "model.causal_mask";

    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_OfTruthValuesThatDiffer_IsRefusedUnlessARuleKeepsTheFirst()
    {
        Add("a", TinyCheckpoint.Llama(seed: 1).Add(new TensorInfo(Mask, DType.BOOL, [2]), [1, 0]));
        Add("b", TinyCheckpoint.Llama(seed: 2).Add(new TensorInfo(Mask, DType.BOOL, [2]), [1, 1]));
        string recipe = $"merge_method: linear\nmodels: [{{model: {_bed["a"]}}}, {{model: {_bed["b"]}}}]\nparameters: {{weight: 1}}\n";
        Problem problem = MergeBed.Fails(() => _bed.Merge(recipe, "out"));
        Assert.Equal((ErrorCodes.IntegersDiffer, 2), (problem.Code, problem.Place!.Line));
        Assert.StartsWith($"tensor '{Mask}': the BOOL values of '{_bed["b"]}' differ from those of '{_bed["a"]}'", problem.Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bed["out"]));
        _bed.Merge(recipe + "integers: first\n", "out");
        Assert.Equal([1, 0], MergeBed.Stored(_bed["out"], Mask));
    }

    [Fact]
    public void Merge_OfWholeNumbersThatAreEqual_CopiesThem()
    {
        foreach (int seed in new[] { 1, 2 })
        {
            Add($"{seed}", TinyCheckpoint.Llama(seed: seed).Add(new TensorInfo(Mask, DType.I32, [1]), [1, 2, 3, 4]));
        }

        _bed.Merge($"merge_method: linear\nmodels: [{{model: {_bed["1"]}}}, {{model: {_bed["2"]}}}]\nparameters: {{weight: 1}}\n", "out");
        Assert.Equal([1, 2, 3, 4], MergeBed.Stored(_bed["out"], Mask));
    }

    // The copy of the base is found before anything is written, whatever its numbers are stored as.
    [Theory]
    [InlineData("BF16")]
    [InlineData("F32")]
    public void Merge_OfASourceThatIsTheBase_IsRefusedUnlessTheRecipeAllowsIt(string type)
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        Add("copy", Stored(TinyCheckpoint.Llama(seed: 1), _bed["base"], type));
        string recipe = TaskArithmetic("expert", "copy");
        Problem problem = MergeBed.Fails(() => _bed.Merge(recipe, "out"));
        Assert.Equal((ErrorCodes.ModelUnchanged, 2), (problem.Code, problem.Place!.Line));
        Assert.StartsWith($"'{_bed["copy"]}' changes nothing", problem.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bed["out"]));
        Assert.NotNull(_bed.Merge(recipe + $"allow_unchanged: [{_bed["copy"]}]\n", "out"));
        Assert.Equal(ErrorCodes.ModelNotFound, MergeBed.Fails(() => _bed.Merge(recipe + "allow_unchanged: other\n", "out2")).Code);
    }

    // A weight for tensors alone that the source shares with the base changes nothing, whatever it has elsewhere.
    [Fact]
    public void Merge_OfASourceThatDiffersOnlyWhereItsWeightIsZero_IsRefused()
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        Add("copy", Stored(TinyCheckpoint.Llama(seed: 1), _bed["base"], "BF16").Add("lm_head.weight", DType.BF16, [8, 4], seed: 9));
        string recipe = TaskArithmetic("expert", "copy")
            .Replace("copy}", "copy, parameters: {weight: [{filter: lm_head, value: 0}, {value: 1}]}}", StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.ModelUnchanged, MergeBed.Fails(() => _bed.Merge(recipe, "out")).Code);
    }

    // One number at the end of the last tensor is enough.
    [Fact]
    public void Merge_OfASourceThatDiffersInOneNumber_IsMade()
    {
        float[] values = new float[200_000];
        Add("base", TinyCheckpoint.Llama().Add("model.wide.weight", DType.F32, [200_000], values));
        Add("expert", TinyCheckpoint.Llama().Add("model.wide.weight", DType.F32, [200_000], [.. values[1..], 1]));
        _bed.Merge(TaskArithmetic("expert"), "out");
        Assert.Equal(1, MergeBed.Read(_bed["out"], "model.wide.weight").Values[^1]);
    }

    // So small a weight is lost in rounding.
    [Fact]
    public void Merge_WhenAllThatWasMergedIsTheBase_IsRefused()
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        string recipe = TaskArithmetic("expert").Replace("weight: 1", "weight: 1.0e-12", StringComparison.Ordinal);
        Problem problem = MergeBed.Fails(() => _bed.Merge(recipe, "out"));
        Assert.Equal(ErrorCodes.ModelUnchanged, problem.Code);
        Assert.Contains($"every tensor that was merged is that of '{_bed["base"]}', byte for byte", problem.Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_bed["out"], "mergehost.json")));
    }

    // Two names of one content: the mean is what either is.
    [Fact]
    public void Merge_OfTwoCopiesOfOneModel_IsRefused()
    {
        Add("one", TinyCheckpoint.Llama());
        Add("two", TinyCheckpoint.Llama());
        string recipe = $"merge_method: linear\nmodels: [{{model: {_bed["one"]}}}, {{model: {_bed["two"]}}}]\nparameters: {{weight: 1}}\n";
        Assert.Contains($"'{_bed["two"]}' changed nothing", MergeBed.Fails(() => _bed.Merge(recipe, "out")).Message,
            StringComparison.Ordinal);
        Assert.NotNull(_bed.Merge(recipe + $"allow_unchanged: {_bed["two"]}\n", "allowed"));
    }

    [Fact]
    public void Merge_WithAWeightOfZero_MayChangeNothing()
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        Assert.NotNull(_bed.Merge(TaskArithmetic("expert").Replace("weight: 1", "weight: 0", StringComparison.Ordinal), "out"));
    }

    // The recipe says that nothing of it is kept.
    [Fact]
    public void Merge_WithADensityOfZero_MayChangeNothing()
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        Assert.NotNull(_bed.Merge(TaskArithmetic("expert").Replace("task_arithmetic", "dare_linear", StringComparison.Ordinal)
            .Replace("weight: 1", "weight: 1, density: 0", StringComparison.Ordinal), "out"));
    }

    // How much each model counts the strategy finds out: opposite changes cancel out, and a copy of the base is equal to it.
    [Theory]
    [InlineData("arcee_fusion", "copy")]
    [InlineData("model_stock", "expert", "twin")]
    public void Merge_ByAStrategyThatWeighsModelsItself_WarnsOfModelsThatChangeNothing(string strategy, params string[] models)
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("copy", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        Add("twin", TinyCheckpoint.Llama(seed: 2));
        string recipe = TaskArithmetic(models).Replace("task_arithmetic", strategy, StringComparison.Ordinal);
        IReadOnlyList<Problem> warnings = _bed.Warnings(recipe.Replace("parameters: {weight: 1}\n", "", StringComparison.Ordinal), "out");
        Assert.Contains(warnings, warning => warning.Code == ErrorCodes.ModelUnchanged && warning.Severity == Severity.Warning
            && warning.Message.StartsWith($"'{_bed[models[^1]]}' change", StringComparison.Ordinal));
    }

    [Fact]
    public void Merge_OfAnything_KeepsTheAccountsInTheManifest()
    {
        Add("base", TinyCheckpoint.Llama(seed: 1));
        Add("expert", TinyCheckpoint.Llama(seed: 2));
        MergeManifest made = _bed.Merge(TaskArithmetic("expert"), "out");
        Assert.Equal([13, 13], made.Stages[0].Accounts!.Select(account => account.Merged.Count));
        Assert.Contains("\"accounts\": [", File.ReadAllText(Path.Combine(_bed["out"], "mergehost.json")), StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private void Add(string name, TinyCheckpoint checkpoint) => checkpoint.Write(_bed[name]);

    private string TaskArithmetic(params string[] models) =>
        "merge_method: task_arithmetic\nmodels: "
            + $"[{string.Join(", ", models.Select(model => $"{{model: {_bed[model]}}}"))}]\nbase_model: {_bed["base"]}\nparameters: "
            + $"{{weight: 1}}\ndtype: bfloat16\n";

    private static TinyCheckpoint Stored(TinyCheckpoint checkpoint, string folder, string type)
    {
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            checkpoint.Add(tensor.Name, type == "F32" ? DType.F32 : DType.BF16, tensor.Shape, MergeBed.Read(folder, tensor.Name).Values);
        }

        return checkpoint;
    }
}
