using System.Text.Json.Nodes;
using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning.Modules;

/// <summary>Models that are merged part by part.</summary>
public sealed class ModuleMapperTests : IDisposable
{
    private const string Vision = "visual.blocks.";
    private const string Merger = "visual.merger.mlp.0.weight";
    private const string Up = ".mlp.up_proj.weight";

    private readonly RecipeFolder _folder =
        new RecipeFolder().Add("a", Seeing(1)).Add("b", Seeing(2)).Add("t5", Translating(1)).Add("t6", Translating(2));

    [Fact]
    public void Map_OfModules_MergesEachByItsOwnModelsAndParameters()
    {
        StagePlan stage = Plan("""
            merge_method: linear
            modules:
              text_decoder: {models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 3}}]}
              vision_tower: {models: [{model: b}], parameters: {weight: 1}}
              multi_modal_projector: {models: [{model: a}], parameters: {weight: 1}}
            """);
        Assert.Equal(Seeing(1).Tensors.Select(tensor => tensor.Name).Order(), stage.Tensors.Select(tensor => tensor.Output.Name).Order());
        Assert.Equal("a,b", Sources(stage, "lm_head.weight"));
        Assert.Equal("a,b", Sources(stage, "model.layers.1" + Up));
        Assert.Equal("b", Sources(stage, Vision + "0.attn.qkv.weight"));
        Assert.Equal("a", Sources(stage, Merger));
        Assert.Equal(
            ["a: 13 merged, 1 copied, 2 excused by other_module", "b: 13 merged, 2 copied, 1 excused by other_module"],
            StageAccounts.Of(stage).Select(account => $"{account.Model}: {account.ToText()}"));
    }

    [Fact]
    public void Map_OfSlicesInAModule_StacksItsLayersAndCountsThemWhereConfigurationDoes()
    {
        StagePlan stage = Plan("""
            merge_method: passthrough
            base_model: a
            modules:
              text_decoder:
                slices:
                - sources: [{model: a, layer_range: [0, 2]}]
                - sources: [{model: b, layer_range: [0, 1]}]
              visual: {slices: [{sources: [{model: b, layer_range: [1, 2]}]}]}
            """);
        Assert.Equal("b: model.layers.0" + Up, Origin(stage, "model.layers.2" + Up));
        Assert.Equal("b: visual.blocks.1.attn.qkv.weight", Origin(stage, Vision + "0.attn.qkv.weight"));
        Assert.Equal("a: " + Merger, Origin(stage, Merger));
        Assert.DoesNotContain(stage.Tensors, tensor => tensor.Output.Name == Vision + "1.attn.qkv.weight");
        JsonObject config = stage.Layout.Companions[0].ReadJson();
        Assert.Equal((3, 1), (config["num_hidden_layers"]!.GetValue<int>(), config["vision_config"]!["depth"]!.GetValue<int>()));
        Assert.Equal("""["full","sliding","full"]""", config["layer_types"]!.ToJsonString());
    }

    [Fact]
    public void Map_OfEncoderAndDecoder_CountsTheLayersOfEach()
    {
        StagePlan stage = Plan("""
            merge_method: passthrough
            base_model: t5
            modules:
              encoder: {slices: [{sources: [{model: t5, layer_range: [0, 1]}]}]}
              decoder: {slices: [{sources: [{model: t5, layer_range: [0, 2]}]}, {sources: [{model: t6, layer_range: [1, 2]}]}]}
              shared: {models: [{model: t5}]}
            """);
        Assert.Equal("t6: decoder.block.1.layer.0.SelfAttention.q.weight", Origin(stage, "decoder.block.2.layer.0.SelfAttention.q.weight"));
        Assert.Equal("t5", Sources(stage, "shared.weight"));
        JsonObject config = stage.Layout.Companions[0].ReadJson();
        Assert.Equal((1, 3), (config["num_layers"]!.GetValue<int>(), config["num_decoder_layers"]!.GetValue<int>()));
    }

    [Fact]
    public void Map_OfModulesByWhatNamesBeginWith_TakesDefaultForTheRest()
    {
        StagePlan stage = Plan("""
            merge_method: passthrough
            modules:
              encoder.block: {models: [{model: t6}]}
              default: {models: [{model: t5}]}
            """);
        Assert.Equal("t6", Sources(stage, "encoder.block.0.layer.0.SelfAttention.q.weight"));
        Assert.Equal("t5", Sources(stage, "encoder.final_layer_norm.weight"));
        Assert.Equal("t5", Sources(stage, "decoder.block.0.layer.0.SelfAttention.q.weight"));
    }

    [Theory]
    [InlineData("base_model: a\n", null)]
    [InlineData("",
        "'modules' leaves out 'vision_tower', 'multi_modal_projector' of 'a', 3 tensors such as 'visual.blocks.0.attn.qkv.weight'")]
    public void Map_OfAModuleThatIsLeftOut_KeepsTheBasesOrIsRefused(string @base, string? error)
    {
        string recipe =
            $"merge_method: linear\n{@base}modules: {{text_decoder: {{models: [{{model: a}}, {{model: b}}], parameters: {{weight: 1}}}}}}";
        if (error is not null)
        {
            Problem problem = _folder.Error(recipe);
            Assert.Equal((ErrorCodes.Missing, error), (problem.Code, problem.Message));
            return;
        }

        StagePlan stage = Plan(recipe);
        Assert.Equal("a: " + Merger, Origin(stage, Merger));
        Assert.Equal(Seeing(1).Tensors.Count, stage.Tensors.Count);
    }

    [Fact]
    public void Map_OfAModuleThatAModelLacks_NamesThoseItHas()
    {
        Problem problem = _folder.Error("merge_method: passthrough\nbase_model: a\nmodules: {vison_tower: {models: [{model: a}]}}");
        Assert.Equal((ErrorCodes.UnknownField, "'a' has no module 'vison_tower'"), (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'vision_tower'? it has text_decoder, vision_tower, multi_modal_projector;", problem.Hint,
            StringComparison.Ordinal);
        Assert.Equal((3, 11), (problem.Place!.Line, problem.Place.Column));
    }

    [Fact]
    public void Map_OfSlicesOfAModelWithSeveralStacks_ProposesModules()
    {
        Problem problem = _folder.Error("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]");
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.Contains("`modules: {text_decoder: {slices: …}}`; there are text_decoder, vision_tower, multi_modal_projector", problem.Hint,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private StagePlan Plan(string recipe) => Assert.Single(_folder.Plan(recipe).Stages);

    private static string Sources(StagePlan stage, string tensor) =>
        string.Join(',', stage.Tensors.Single(plan => plan.Output.Name == tensor).Sources.Select(source => source.Model.Name));

    private static string Origin(StagePlan stage, string tensor)
    {
        InputTensor copied = stage.Tensors.Single(plan => plan.Output.Name == tensor).Copied!;
        return $"{copied.Model.Name}: {copied.Tensor.Name}";
    }

    // As Qwen2-VL names its parts.
    private static TinyCheckpoint Seeing(int seed) => TinyCheckpoint.Llama(seed: seed)
        .Add(Vision + "0.attn.qkv.weight", DType.BF16, [4, 4], seed).Add(Vision + "1.attn.qkv.weight", DType.BF16, [4, 4], seed)
        .Add(Merger, DType.BF16, [4, 4], seed)
        .Configure("vision_config", new JsonObject { ["depth"] = 2 }).Configure("layer_types", new JsonArray("full", "sliding"));

    private static TinyCheckpoint Translating(int seed)
    {
        TinyCheckpoint checkpoint = new TinyCheckpoint().Add("shared.weight", DType.BF16, [8, 4], seed);
        foreach (string part in (string[])["encoder", "decoder"])
        {
            checkpoint.Add(part + ".block.0.layer.0.SelfAttention.q.weight", DType.BF16, [4, 4], seed)
                .Add(part + ".block.1.layer.0.SelfAttention.q.weight", DType.BF16, [4, 4], seed)
                .Add(part + ".final_layer_norm.weight", DType.BF16, [4], seed);
        }

        return checkpoint.AddFile("config.json", new JsonObject { ["num_layers"] = 2, ["num_decoder_layers"] = 2, ["vocab_size"] = 8 });
    }
}
