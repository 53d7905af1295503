using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plans;
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
        _folder.Add("a", SameHead()).Add("b", Tied());
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a", "b"));
        Assert.DoesNotContain(plan.Stages[0].Tensors, tensor => tensor.Output.Name == Head);
        Problem warning = Assert.Single(plan.Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains($"'{Head}' is left out", warning.Message, StringComparison.Ordinal);
    }

    // One that was trained apart is no embedding, whatever config.json says; and a dense layer of a head never is one.
    [Theory]
    [InlineData("a")]
    [InlineData("a", "b")]
    public void Map_WhenAHeadWasTrainedApart_KeepsItAndUntiesTheOutput(params string[] models)
    {
        _folder.Add("a", Tied().Add(Head, DType.BF16, [8, 4], seed: 7)).Add("b", Tied());
        MergePlan plan = _folder.Plan(RecipeFolder.Linear(models));
        Assert.Single(plan.Stages[0].Tensors, tensor => tensor.Output.Name == Head);
        Assert.Contains("it was trained apart; it is kept", Assert.Single(plan.Warnings).Message, StringComparison.Ordinal);
        Assert.False(plan.Stages[0].Layout.Companions.Single(file => file.Name == "config.json").ReadJson()["tie_word_embeddings"]!
            .GetValue<bool>());
    }

    [Fact]
    public void Map_OfOtherTensorsOfATiedHead_KeepsThem()
    {
        string[] others = ["lm_head.dense.weight", "lm_head.dense.bias", "lm_head.layer_norm.weight", "lm_head.bias"];
        TinyCheckpoint head = others.Aggregate(SameHead(),
            (checkpoint, name) => checkpoint.Add(name, DType.BF16, name.EndsWith("dense.weight", StringComparison.Ordinal) ? [4, 4] : [4]));
        _folder.Add("a", head);
        string[] kept = [.. Plan(RecipeFolder.Linear("a")).Select(tensor => tensor.Output.Name)];
        Assert.Equal(others.Order(), kept.Where(name => name.StartsWith("lm_head.", StringComparison.Ordinal)).Order());
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
        _folder.Add("a", TinyCheckpoint.Llama().Add("vision.blocks.0.attn.qkv.weight", DType.BF16, [2]));
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

    // Numbered projections and mergers beside the layers are no layers.
    [Fact]
    public void Map_OfASliceBesideNumberedProjections_TakesThemAsTheyAre()
    {
        _folder.Add("a",
            TinyCheckpoint.Llama().Add("model.altup_projections.0.weight", DType.BF16, [2])
                .Add("visual.merger.mlp.2.weight", DType.BF16, [2]));
        IReadOnlyList<TensorPlan> tensors = Plan("{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [1, 2]}]}]}");
        Assert.Equal(
            ["model.altup_projections.0.weight", "visual.merger.mlp.2.weight"],
            tensors.Select(tensor => tensor.Output.Name)
                .Where(name => name.Contains("altup", StringComparison.Ordinal) || name.StartsWith("visual", StringComparison.Ordinal)));
    }

    // mergekit's way to take embeddings, or norm and head, from another model.
    [Fact]
    public void Map_OfSlicesWithoutLayersAtTheEnds_TakesWhatStandsBeforeAndAfterTheLayersFromThem()
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2)).Add("c", TinyCheckpoint.Llama(seed: 3));
        IReadOnlyList<TensorPlan> tensors = Plan("""
            merge_method: passthrough
            slices:
            - sources: [{model: b, layer_range: [0, 0]}]
            - sources: [{model: a, layer_range: [0, 2]}]
            - sources: [{model: c, layer_range: [2, 2]}]
            """);
        Assert.Equal(TinyCheckpoint.Llama().Tensors, tensors.Select(tensor => tensor.Output));
        Assert.Equal(
            "b a a a a a a a a a a c c",
            string.Join(' ', tensors.Select(tensor => tensor.Copied!.Model.Name)));
    }

    [Fact]
    public void Map_OfSlicesWithoutAnyLayer_IsAnError()
    {
        _folder.Add("a", TinyCheckpoint.Llama());
        Problem problem = _folder.Error("{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [1, 1]}]}]}");
        Assert.Equal((ErrorCodes.LayerRange, "no slice holds a layer"), (problem.Code, problem.Message));
    }

    // Heads for further tokens, classes and values are lost where models are trained on.
    [Theory]
    [InlineData("mtp.layers.0.proj.weight")]
    [InlineData("mtp.layers.0.self_attn.q_proj.weight")]
    [InlineData("score.weight")]
    [InlineData("v_head.summary.weight")]
    public void Map_OfATensorThatOnlyTheBaseHas_KeepsItAndSaysSo(string name)
    {
        _folder.Add("base", TinyCheckpoint.Llama().Add(name, DType.BF16, [4, 4])).Add("a", TinyCheckpoint.Llama(seed: 2));
        MergePlan plan = _folder.Plan(RecipeFolder.TaskArithmetic("base", "a"));
        TensorPlan tensor = plan.Stages[0].Tensors.Single(tensor => tensor.Output.Name == name);
        Assert.Equal("base", tensor.Copied!.Model.Name);
        Assert.Contains($"only base 'base' has tensor '{name}', which the output keeps", Assert.Single(plan.Warnings).Message,
            StringComparison.Ordinal);
    }

    // Layers that predict further tokens have numbers of the stack.
    [Fact]
    public void Map_OfAPredictorThatOnlyTheBaseHas_KeepsIt()
    {
        TinyCheckpoint @base = TinyCheckpoint.Llama(layers: 3).Configure("num_hidden_layers", 2).Configure("num_nextn_predict_layers", 1);
        _folder.Add("base", @base).Add("a", TinyCheckpoint.Llama(layers: 2, seed: 2));
        IReadOnlyList<TensorPlan> tensors = Plan(RecipeFolder.TaskArithmetic("base", "a"));
        Assert.Equal(5,
            tensors.Count(tensor => tensor.Copied is not null
                && tensor.Output.Name.StartsWith("model.layers.2.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("lm_head.weight")]
    [InlineData("model.norm.weight")]
    [InlineData("model.layers.1.self_attn.q_proj.weight")]
    public void Map_WhenASourceLacksWhatEveryModelHas_IsStillAnError(string name)
    {
        _folder.Add("base", TinyCheckpoint.Llama()).Add("a", TinyCheckpoint.Llama(seed: 2).Remove(name));
        Assert.Equal($"'a' has no tensor '{name}', which 'base' has", _folder.Error(RecipeFolder.TaskArithmetic("base", "a")).Message);
    }

    [Theory]
    [InlineData("module.", "")]
    [InlineData("_orig_mod.", "")]
    [InlineData("base_model.model.", "")]
    [InlineData("wrapped.by.nobody.", "")]
    [InlineData("", "somebodys.")]
    [InlineData("module.", "_orig_mod.")]
    public void Map_WhenOnlyPrefixesDiffer_TakesTheTensorsAsTheSameAndSaysSo(string first, string second)
    {
        _folder.Add("a", Prefixed(TinyCheckpoint.Llama(), name => first + name))
            .Add("b", Prefixed(TinyCheckpoint.Llama(seed: 2), name => second + name));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a", "b"));
        Assert.Equal(13, plan.Stages[0].Tensors.Count);
        Assert.All(plan.Stages[0].Tensors,
            tensor => Assert.Equal(second + tensor.Output.Name[first.Length..], tensor.Sources[1].Tensor.Name));
        Assert.Contains("by other prefixes", Assert.Single(plan.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.", "")]
    [InlineData("model.", "model.language_model.")]
    [InlineData("model.", "language_model.model.")]
    [InlineData("model.layers.", "model._orig_mod.layers.")]
    public void Map_WhenAPartOfThePrefixesDiffers_TakesTheTensorsAsTheSame(string old, string changed)
    {
        _folder.Add("a", TinyCheckpoint.Llama())
            .Add("b", Prefixed(TinyCheckpoint.Llama(seed: 2),
                name => name.StartsWith(old, StringComparison.Ordinal) ? changed + name[old.Length..] : name));
        Assert.Equal(TinyCheckpoint.Llama().Tensors, Plan(RecipeFolder.Linear("a", "b")).Select(tensor => tensor.Output));
        Assert.Equal(TinyCheckpoint.Llama().Tensors, Plan("""
            merge_method: linear
            slices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 2]}]}]
            parameters: {weight: 1}
            """).Select(tensor => tensor.Output).OrderBy(tensor => TinyCheckpoint.Llama().Tensors.ToList().IndexOf(tensor)));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Map_OfExpertsOneByOneAndFused_SaysSoOnce(string first, string second)
    {
        _folder.Add("a",
            TinyCheckpoint.Llama().Add("model.layers.0.mlp.experts.0.w1.weight", DType.BF16, [4, 4])
                .Add("model.layers.0.mlp.experts.1.w1.weight", DType.BF16, [4, 4]))
            .Add("b", TinyCheckpoint.Llama(seed: 2).Add("model.layers.0.mlp.experts.gate_up_proj", DType.BF16, [2, 4, 4]));
        Problem problem = _folder.Error(RecipeFolder.Linear(first, second));
        Assert.Equal(ErrorCodes.TensorMissing, problem.Code);
        Assert.Contains("one by one ('model.layers.0.mlp.experts.0.w1.weight') and fused ('model.layers.0.mlp.experts.gate_up_proj')",
            problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static TinyCheckpoint Prefixed(TinyCheckpoint checkpoint, Func<string, string> rename)
    {
        TinyCheckpoint renamed = new();
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            renamed.Add(rename(tensor.Name), tensor.DType, tensor.Shape);
        }

        return renamed.AddFile("config.json", """{"architectures": ["LlamaForCausalLM"], "tie_word_embeddings": false}""");
    }

    private static TinyCheckpoint SameHead()
    {
        using ICheckpointReader reader = TinyCheckpoint.Llama().Open();
        TensorInfo embedding = reader.Tensors.Single(tensor => tensor.Name == "model.embed_tokens.weight");
        byte[] content = new byte[embedding.LengthBytes];
        reader.Read(embedding, 0, content);
        return Tied().Add(embedding with { Name = Head }, content);
    }

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
