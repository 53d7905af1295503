using MergeHost.Planning;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

/// <summary>Which tensors the output has, and which tensors of the models each is made from.</summary>
public sealed class TensorMapperTests : IDisposable
{
    private const string Head = "lm_head.weight";
    private const string InvFreq = "model.layers.0.self_attn.rotary_emb.inv_freq";
    private const string Bias = "model.layers.1.self_attn.q_proj.bias";

    private readonly RecipeFolder _folder = new();

    [Fact]
    public void Map_OfModels_KeepsTheOrderAndNamesOfTheFirst()
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", Reversed(TinyCheckpoint.Llama(seed: 2)));
        IReadOnlyList<TensorPlan> tensors = Plan(RecipeFolder.Linear("a", "b"));
        Assert.Equal(TinyCheckpoint.Llama().Tensors, tensors.Select(tensor => tensor.Output));
        Assert.All(tensors, tensor => Assert.Equal(["a", "b"], tensor.Sources.Select(source => source.Model.Name)));
        Assert.All(tensors, tensor => Assert.All(tensor.Sources, source => Assert.Equal(tensor.Output.Name, source.Tensor.Name)));
    }

    [Fact]
    public void Map_WithABase_KeepsItsOrder()
    {
        TinyCheckpoint reversed = Reversed(TinyCheckpoint.Llama());
        _folder.Add("base", reversed).Add("a", TinyCheckpoint.Llama(seed: 2));
        Assert.Equal(reversed.Tensors, Plan(RecipeFolder.TaskArithmetic("base", "a")).Select(tensor => tensor.Output));
    }

    [Theory]
    [InlineData("a", "b", "'b' has no tensor 'model.layers.1.self_attn.q_proj.bias', which 'a' has")]
    [InlineData("b", "a", "'b' has no tensor 'model.layers.1.self_attn.q_proj.bias', which 'a' has")]
    public void Map_WhenOneModelHasATensorMore_NamesItWhoeverComesFirst(string first, string second, string message)
    {
        _folder.Add("a", TinyCheckpoint.Llama().Add(Bias, DType.BF16, [4])).Add("b", TinyCheckpoint.Llama());
        Problem problem = _folder.Error(RecipeFolder.Linear(first, second));
        Assert.Equal((ErrorCodes.TensorMissing, message), (problem.Code, problem.Message));
    }

    [Fact]
    public void Map_WhenManyTensorsAreMissing_NamesThreeAndCountsTheRest()
    {
        TinyCheckpoint lacking = TinyCheckpoint.Llama(layers: 1).Add("model.layers.1.input_layernorm.weight", DType.BF16, [4]);
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", lacking);
        Problem problem = _folder.Error(RecipeFolder.Linear("a", "b"));
        Assert.Equal(ErrorCodes.TensorMissing, problem.Code);
        Assert.EndsWith(
            "'model.layers.1.mlp.up_proj.weight' and 1 more, which 'a' has", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "b", 2)]
    [InlineData("b", "a", 3)]
    public void Map_WhenModelsHaveUnlikeLayers_CountsThoseOfBoth(string first, string second, int wanted)
    {
        _folder.Add("a", TinyCheckpoint.Llama(layers: 2)).Add("b", TinyCheckpoint.Llama(layers: 3));
        Problem problem = _folder.Error(RecipeFolder.Linear(first, second));
        Assert.Equal(
            (ErrorCodes.LayerRange, $"'{second}' has {5 - wanted} layers, '{first}' has {wanted}"),
            (problem.Code, problem.Message));
        Assert.Contains("`slices:`", problem.Hint, StringComparison.Ordinal);
    }

    // What a model makes by itself is taken from those that have it, if the first does, and left out if it does not.
    [Theory]
    [InlineData("a", "b", 1)]
    [InlineData("b", "a", 0)]
    public void Map_OfABufferThatOneModelLacks_NeverMindsIt(string first, string second, int count)
    {
        _folder.Add("a", TinyCheckpoint.Llama().Add(InvFreq, DType.F32, [2])).Add("b", TinyCheckpoint.Llama());
        IEnumerable<TensorPlan> buffers = Plan(RecipeFolder.Linear(first, second)).Where(tensor => tensor.Output.Name == InvFreq);
        Assert.Equal(
            Enumerable.Repeat("a", count), buffers.SelectMany(tensor => tensor.Sources).Select(source => source.Model.Name));
    }

    [Fact]
    public void Map_OfABufferThatTheBaseAloneHas_TakesTheBases()
    {
        _folder.Add("base", TinyCheckpoint.Llama().Add(InvFreq, DType.F32, [2])).Add("a", TinyCheckpoint.Llama());
        TensorPlan tensor = Plan(RecipeFolder.TaskArithmetic("base", "a")).Single(tensor => tensor.Output.Name == InvFreq);
        Assert.Equal(("base", "base"), (tensor.Base!.Model.Name, Assert.Single(tensor.Sources).Model.Name));
    }

    [Fact]
    public void Map_WhenEveryModelTiesItsHead_LeavesOutOneThatIsStoredAllTheSame()
    {
        _folder.Add("a", Tied().Add(Head, DType.BF16, [8, 4])).Add("b", Tied());
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a", "b"));
        Assert.DoesNotContain(plan.Stages[0].Tensors, tensor => tensor.Output.Name == Head);
        Problem warning = Assert.Single(plan.Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains($"'{Head}' is left out", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_WhenNoModelStoresItsTiedHead_HasNone()
    {
        _folder.Add("a", Tied()).Add("b", Tied());
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a", "b"));
        Assert.Equal(Tied().Tensors, plan.Stages[0].Tensors.Select(tensor => tensor.Output));
        Assert.Empty(plan.Warnings);
    }

    // A tied head is the embedding: where another model has a head of its own, the embedding stands in.
    [Theory]
    [InlineData("tied", "free")]
    [InlineData("free", "tied")]
    public void Map_WhenSomeModelsTieTheirHead_TakesTheirEmbeddingForIt(string first, string second)
    {
        _folder.Add("tied", Tied()).Add("free", TinyCheckpoint.Llama());
        TensorPlan head = Plan(RecipeFolder.Linear(first, second)).Single(tensor => tensor.Output.Name == Head);
        Assert.Equal(["free: lm_head.weight", "tied: model.embed_tokens.weight"],
            head.Sources.Select(source => $"{source.Model.Name}: {source.Tensor.Name}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Map_WhenSeveralModelsHaveAHeadThatTheFirstTies_HasItOnce()
    {
        _folder.Add("tied", Tied()).Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2));
        Assert.Single(Plan(RecipeFolder.Linear("tied", "a", "b")), tensor => tensor.Output.Name == Head);
    }

    // Each slice runs through its gradient by itself: from 0 to 1 over its layers, at 1 if it has just one, at 0 outside them.
    [Fact]
    public void Map_OfSlices_PlacesEachLayerInItsOwnSlice()
    {
        _folder.Add("a", TinyCheckpoint.Llama(layers: 4));
        IReadOnlyList<TensorPlan> tensors = Plan("""
            merge_method: passthrough
            slices:
            - sources: [{model: a, layer_range: [0, 3]}]
            - sources: [{model: a, layer_range: [3, 4]}]
            parameters: {scale: [2, 3]}
            """);
        Assert.Equal([2, 2, 2.5f, 3, 3, 2, 2], tensors.Where(tensor => tensor.Output.Name.Contains("norm", StringComparison.Ordinal)
            || TensorRoles.IsByToken(tensor.Output.Name)).Select(tensor => ((ElementwiseTreatment)tensor.Treatment).Parameters[0, 0]));
    }

    [Theory]
    [InlineData("a", "b", 1)]
    [InlineData("b", "a", 0)]
    public void Map_OfASliceWithABufferThatOneModelLacks_NeverMindsIt(string first, string second, int count)
    {
        _folder.Add("a", TinyCheckpoint.Llama().Add(InvFreq, DType.F32, [2])).Add("b", TinyCheckpoint.Llama());
        IReadOnlyList<TensorPlan> tensors = Plan($$"""
            merge_method: linear
            slices: [{sources: [{model: {{first}}, layer_range: [0, 2]}, {model: {{second}}, layer_range: [0, 2]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal(count, tensors.Count(tensor => tensor.Output.Name == InvFreq));
    }

    [Fact]
    public void Map_OfSlices_StacksTheirLayersAndNumbersThemAnew()
    {
        _folder.Add("a", TinyCheckpoint.Llama(layers: 3)).Add("b", TinyCheckpoint.Llama(layers: 4, seed: 2));
        IReadOnlyList<TensorPlan> tensors = Plan("""
            merge_method: passthrough
            slices:
            - sources: [{model: a, layer_range: [0, 2]}]
            - sources: [{model: b, layer_range: [1, 3]}]
            - sources: [{model: a, layer_range: [1, 2]}]
            """);
        Assert.Equal(TinyCheckpoint.Llama(layers: 5).Tensors, tensors.Select(tensor => tensor.Output));
        Assert.Equal(
            ["a: model.layers.0.mlp.up_proj.weight", "a: model.layers.1.mlp.up_proj.weight", "b: model.layers.1.mlp.up_proj.weight",
                "b: model.layers.2.mlp.up_proj.weight", "a: model.layers.1.mlp.up_proj.weight"],
            tensors.Where(tensor => TensorRoles.Of(tensor.Output.Name) == TensorRole.Up).Select(Origin));
        Assert.Equal("a: model.embed_tokens.weight", Origin(tensors[0]));
        Assert.Equal(["a: model.norm.weight", "a: lm_head.weight"], tensors.TakeLast(2).Select(Origin));
    }

    [Fact]
    public void Map_OfSlices_TakesWhatStandsBeforeFromTheFirstAndWhatStandsAfterFromTheLast()
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2));
        IReadOnlyList<TensorPlan> tensors = Plan("""
            merge_method: passthrough
            slices:
            - sources: [{model: b, layer_range: [0, 1]}]
            - sources: [{model: a, layer_range: [1, 2]}]
            """);
        Assert.Equal("b: model.embed_tokens.weight", Origin(tensors[0]));
        Assert.Equal(["a: model.norm.weight", "a: lm_head.weight"], tensors.TakeLast(2).Select(Origin));
    }

    [Fact]
    public void Map_OfSlicesOfSeveralModels_PairsLayersByTheirPlaceInTheRange()
    {
        _folder.Add("a", TinyCheckpoint.Llama(layers: 3)).Add("b", TinyCheckpoint.Llama(layers: 4, seed: 2));
        IReadOnlyList<TensorPlan> tensors = Plan("""
            merge_method: linear
            slices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [2, 4]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal(
            ["model.layers.0.mlp.up_proj.weight", "model.layers.2.mlp.up_proj.weight"],
            tensors.Single(tensor => tensor.Output.Name == "model.layers.0.mlp.up_proj.weight").Sources
                .Select(source => source.Tensor.Name));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Map_OfASliceWhoseModelsHaveUnlikeTensors_NamesTheTensorWhoeverComesFirst(string first, string second)
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama().Add(Bias, DType.BF16, [4]));
        Problem problem = _folder.Error($$"""
            merge_method: linear
            slices: [{sources: [{model: {{first}}, layer_range: [0, 2]}, {model: {{second}}, layer_range: [0, 2]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal((ErrorCodes.TensorMissing, $"'a' has no tensor '{Bias}', which 'b' has"), (problem.Code, problem.Message));
    }

    [Fact]
    public void Map_OfALayerRangeBeyondTheModel_NamesBoth()
    {
        _folder.Add("a", TinyCheckpoint.Llama());
        Problem problem = _folder.Error("{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [1, 3]}]}]}");
        Assert.Equal((ErrorCodes.LayerRange, "layer_range [1, 3] of 'a', which has 2 layers"), (problem.Code, problem.Message));
        Assert.NotNull(problem.Place);
    }

    [Fact]
    public void Map_OfASliceWithRangesOfUnlikeLength_NamesBoth()
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2));
        Problem problem = _folder.Error("""
            merge_method: linear
            slices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 1]}]}]
            parameters: {weight: 1}
            """);
        Assert.Equal(
            (ErrorCodes.LayerRange, "'b' gives 1 layers, 'a' gives 2; a slice takes as many of each"),
            (problem.Code, problem.Message));
    }

    [Fact]
    public void Map_OfASliceOfAModelWithSeveralStacks_NamesThem()
    {
        _folder.Add("a", TinyCheckpoint.Llama().Add("vision.blocks.0.weight", DType.BF16, [2]));
        Problem problem = _folder.Error("{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [0, 2]}]}]}");
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.Contains("several stacks of layers: 'model.layers.', 'vision.blocks.'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_OfASliceOfAModelWithoutLayers_SaysSo()
    {
        _folder.Add("a", new TinyCheckpoint().Add("weight", DType.F32, [2]));
        Problem problem = _folder.Error("{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [0, 2]}]}]}");
        Assert.Equal((ErrorCodes.NotSupported, "'a' has no layers; slices need just one stack"), (problem.Code, problem.Message));
    }

    public void Dispose() => _folder.Dispose();

    private static TinyCheckpoint Tied() => TinyCheckpoint.Llama().Remove(Head).Configure("tie_word_embeddings", true);

    private static TinyCheckpoint Reversed(TinyCheckpoint checkpoint)
    {
        TinyCheckpoint reversed = new();
        foreach (TensorInfo tensor in checkpoint.Tensors.Reverse())
        {
            reversed.Add(tensor.Name, tensor.DType, tensor.Shape);
        }

        return reversed;
    }

    private static string Origin(TensorPlan tensor) => $"{tensor.Copied!.Model.Name}: {tensor.Copied.Tensor.Name}";

    private IReadOnlyList<TensorPlan> Plan(string recipe) => Assert.Single(_folder.Plan(recipe).Stages).Tensors;
}
