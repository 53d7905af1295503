using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class CompanionPlannerTests : IDisposable
{
    private readonly RecipeFolder _folder = new();

    [Fact]
    public void Plan_WithoutABase_TakesTheFirstModelsFiles()
    {
        _folder.Add("a", TinyCheckpoint.Llama().AddFile("generation_config.json", """{"temperature": 0.1}"""))
            .Add("b", TinyCheckpoint.Llama(seed: 2).AddFile("generation_config.json", """{"temperature": 0.2}"""));
        Assert.Equal(
            ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"],
            Names(Plan(RecipeFolder.Linear("a", "b"))));
        Assert.Equal(0.1, Json(Plan(RecipeFolder.Linear("a", "b")), "generation_config.json")["temperature"]!.GetValue<double>());
        Assert.Equal(0.2, Json(Plan(RecipeFolder.Linear("b", "a")), "generation_config.json")["temperature"]!.GetValue<double>());
    }

    [Theory]
    [InlineData("config.json", """{"auto_map": {"AutoConfig": "configuration_my.MyConfig", "AutoModel": "modeling_my.My"}}""",
        "configuration_my.py, modeling_my.py")]
    [InlineData("tokenizer_config.json", """{"auto_map": {"AutoTokenizer": ["tokenization_my.Slow", null]}}""", "tokenization_my.py")]
    [InlineData("config.json", """{"auto_map": {"AutoModel": "someone/else--modeling_my.My"}}""", "code of someone/else")]
    public void Plan_WithCodeOfAModelsOwn_SaysThatItIsNotCopied(string file, string content, string named)
    {
        _folder.Add("a", TinyCheckpoint.Llama().AddFile(file, content).AddFile("modeling_my.py", "pass"));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a"));
        Assert.Contains(plan.Warnings, warning => warning.Message.Contains(named, StringComparison.Ordinal));
        Assert.DoesNotContain("modeling_my.py", Names(plan.Stages[0].Layout.Companions));
    }

    [Fact]
    public void Plan_WithABase_TakesTheBasesFiles()
    {
        _folder.Add("a", TinyCheckpoint.Llama()).Add("base", TinyCheckpoint.Llama().Configure("model_type", "llama"));
        Assert.Equal("llama", Config(RecipeFolder.TaskArithmetic("base", "a"))["model_type"]!.ToString());
        Assert.Equal("llama", Config(RecipeFolder.Linear("a", "base") + "base_model: base")["model_type"]!.ToString());
    }

    [Fact]
    public void Plan_WithATokenizerSource_TakesItsTokenizerAndTheBasesConfiguration()
    {
        _folder.Add("a", TinyCheckpoint.Llama().Configure("model_type", "ours").AddFile("merges.txt", "t o"))
            .Add("b", TinyCheckpoint.Llama(seed: 2).AddFile("tokenizer_config.json", """{"model_max_length": 64}"""));
        IReadOnlyList<CompanionFile> files = Plan(RecipeFolder.Linear("a", "b") + "tokenizer_source: b");
        Assert.Equal(["config.json", "tokenizer.json", "tokenizer_config.json"], Names(files));
        Assert.Equal(64, Json(files, "tokenizer_config.json")["model_max_length"]!.GetValue<int>());
        Assert.Equal("ours", Json(files, "config.json")["model_type"]!.ToString());
    }

    [Theory]
    [InlineData("torch_dtype", "dtype: float32", "float32")]
    [InlineData("dtype", "dtype: float32", "float32")]
    [InlineData("torch_dtype", "dtype: float16", "float16")]
    [InlineData("torch_dtype", "dtype: float64", "float64")]
    [InlineData("torch_dtype", "dtype: float32\nout_dtype: float16", "float16")]
    [InlineData("torch_dtype", "", "bfloat16")]
    public void Plan_OfConfig_WritesTheDTypeUnderTheKeyThatItHad(string key, string setting, string expected)
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama();
        checkpoint.AddFile("config.json", new JsonObject { [key] = "something", ["hidden_size"] = 4 });
        JsonObject config = Config(_folder.Add("a", checkpoint), RecipeFolder.Linear("a") + setting);
        Assert.Equal(expected, config[key]!.ToString());
        Assert.Single(config, field => field.Key is "dtype" or "torch_dtype");
    }

    [Fact]
    public void Plan_OfConfigThatSaysNothing_WritesTheDTypeAndNoMore()
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama().Remove("lm_head.weight").AddFile("config.json", "{}");
        Assert.Equal("""{"torch_dtype":"bfloat16"}""", Config(_folder.Add("a", checkpoint), RecipeFolder.Linear("a")).ToJsonString());
    }

    // The type that most of the numbers have: norms in float32 do not count.
    [Fact]
    public void Plan_OfConfigForMixedTypes_WritesTheCommonest()
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama().Add("model.norm.weight", DType.F32, [4]);
        Assert.Equal(
            "bfloat16",
            Config(_folder.Add("a", checkpoint), "{merge_method: passthrough, models: [{model: a}]}")["torch_dtype"]!.ToString());
    }

    [Fact]
    public void Plan_OfAllElseInConfig_LeavesItAsWritten()
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama();
        JsonObject config = Config(
            _folder.Add("a", checkpoint.Configure("rope_theta", 1e4).Configure("名", "λ")), RecipeFolder.Linear("a"));
        Assert.Equal(
            [
                "architectures", "hidden_size", "num_hidden_layers", "tie_word_embeddings", "torch_dtype", "vocab_size", "rope_theta",
                "名",
            ],
            config.Select(field => field.Key));
        Assert.Equal((2, 8), (config["num_hidden_layers"]!.GetValue<int>(), config["vocab_size"]!.GetValue<int>()));
        Assert.Equal((10_000.0, "λ"), (config["rope_theta"]!.GetValue<double>(), config["名"]!.ToString()));
    }

    // Each layer of the output keeps the kind that it had: those lists have one entry a layer.
    [Fact]
    public void Plan_OfSlices_CountsLayersAndReordersListsOfThem()
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama(layers: 3)
            .Configure("layer_types", new JsonArray("full", "sliding", "none")).Configure("other", new JsonArray(1, 2))
            .Configure("architectures", new JsonArray("x", "y", "z")).Configure("eos_token_id", new JsonArray(5, 6, 7));
        JsonObject config = Config(_folder.Add("a", checkpoint), """
            merge_method: passthrough
            slices:
            - sources: [{model: a, layer_range: [0, 2]}]
            - sources: [{model: a, layer_range: [1, 3]}]
            """);
        Assert.Equal(4, config["num_hidden_layers"]!.GetValue<int>());
        Assert.Equal("""["full","sliding","sliding","none"]""", config["layer_types"]!.ToJsonString());
        Assert.Equal("[1,2]", config["other"]!.ToJsonString());
        Assert.Equal("""["x","y","z"]""", config["architectures"]!.ToJsonString());
        Assert.Equal("[5,6,7]", config["eos_token_id"]!.ToJsonString());
    }

    [Theory]
    [InlineData("n_layer")]
    [InlineData("n_layers")]
    [InlineData("num_layers")]
    public void Plan_OfSlices_CountsLayersUnderTheNameThatTheModelHasForThem(string key)
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama(layers: 3).AddFile("config.json", new JsonObject { [key] = 3 });
        JsonObject config = Config(
            _folder.Add("a", checkpoint), "{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [0, 1]}]}]}");
        Assert.Equal(1, config[key]!.GetValue<int>());
        Assert.False(config.ContainsKey("num_hidden_layers"));
    }

    [Fact]
    public void Plan_OfSlicesOfAModelOfSeveralKinds_CountsThoseOfItsText()
    {
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama(layers: 3)
            .AddFile("config.json", """{"text_config": {"num_hidden_layers": 3}, "vision_config": {"num_hidden_layers": 9}}""");
        JsonObject config = Config(
            _folder.Add("a", checkpoint), "{merge_method: passthrough, slices: [{sources: [{model: a, layer_range: [0, 1]}]}]}");
        Assert.Equal(1, config["text_config"]!["num_hidden_layers"]!.GetValue<int>());
        Assert.Equal(9, config["vision_config"]!["num_hidden_layers"]!.GetValue<int>());
    }

    // A base that is not merged gives the configuration alone, and may have no layers at all.
    [Fact]
    public void Plan_OfSlicesWithADonorThatHasNoLayers_CountsTheLayersAllTheSame()
    {
        TinyCheckpoint donor = new TinyCheckpoint().Add("weight", DType.F32, [1]).AddFile("config.json", """{"list": []}""");
        _folder.Add("a", TinyCheckpoint.Llama(layers: 3)).Add("donor", donor);
        JsonObject config = Config(
            "{merge_method: passthrough, base_model: donor, slices: [{sources: [{model: a, layer_range: [0, 2]}]}]}");
        Assert.Equal(2, config["num_hidden_layers"]!.GetValue<int>());
        Assert.Equal("[]", config["list"]!.ToJsonString());
    }

    [Theory]
    [InlineData("small", "large", 8)]
    [InlineData("large", "small", 8)]
    public void Plan_WhenRowsAreLeftOut_WritesTheSizeOfTheVocabulary(string first, string second, int expected)
    {
        _folder.Add("small", TinyCheckpoint.Llama(tokens: 8)).Add("large", TinyCheckpoint.Llama(tokens: 10));
        Assert.Equal(expected, Config(RecipeFolder.Linear(first, second) + "tokenizer_source: small")["vocab_size"]!.GetValue<int>());
    }

    // Rows beyond the vocabulary are common, to fill a multiple of 64; what the configuration says of them stays.
    [Fact]
    public void Plan_WhenNoRowsAreCut_LeavesTheSizeOfTheVocabularyAsItIs()
    {
        _folder.Add("a", TinyCheckpoint.Llama(tokens: 8).Configure("vocab_size", 7));
        Assert.Equal(7, Config(RecipeFolder.Linear("a"))["vocab_size"]!.GetValue<int>());
    }

    [Fact]
    public void Plan_OfAnEmbeddingWithoutExtents_CopiesIt()
    {
        const string name = "model.embed_tokens.weight";
        TinyCheckpoint checkpoint = TinyCheckpoint.Llama().Remove(name).Add(new TensorInfo(name, DType.F32, []), new byte[4]);
        Assert.NotNull(Config(_folder.Add("a", checkpoint), RecipeFolder.Linear("a")));
    }

    // Gemma's configurations say nothing, and transformers ties them.
    [Fact]
    public void Plan_WhenTheConfigurationSaysNothingOfAHeadThatWasTrainedApart_SaysThatItIsNotTied()
    {
        TinyCheckpoint silent = TinyCheckpoint.Llama().Configure("tie_word_embeddings", null).Configure("text_config", new JsonObject());
        _folder.Add("silent", silent);
        JsonObject config = Config(RecipeFolder.Linear("silent"));
        Assert.False(config["tie_word_embeddings"]!.GetValue<bool>());
        Assert.False(config["text_config"]!["tie_word_embeddings"]!.GetValue<bool>());

        _folder.Add("tied", TinyCheckpoint.Llama().Remove("lm_head.weight").Configure("tie_word_embeddings", null));
        Assert.Null(Config(RecipeFolder.Linear("tied"))["tie_word_embeddings"]);
    }

    [Fact]
    public void Plan_WhenTheOutputGetsAHeadOfItsOwn_UntiesIt()
    {
        TinyCheckpoint tied = TinyCheckpoint.Llama().Remove("lm_head.weight").Configure("tie_word_embeddings", true);
        _folder.Add("tied", tied).Add("free", TinyCheckpoint.Llama());
        Assert.False(Config(RecipeFolder.Linear("tied", "free"))["tie_word_embeddings"]!.GetValue<bool>());
        Assert.False(Config(RecipeFolder.Linear("free", "tied"))["tie_word_embeddings"]!.GetValue<bool>());
        Assert.True(Config(RecipeFolder.Linear("tied"))["tie_word_embeddings"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("rope_theta")]
    [InlineData("num_attention_heads")]
    [InlineData("architectures")]
    public void Plan_OfModelsWhoseConfigurationsMeanUnlikeThings_WarnsOfBoth(string key)
    {
        _folder.Add("a", TinyCheckpoint.Llama().Configure(key, 1)).Add("b", TinyCheckpoint.Llama(seed: 2).Configure(key, 2));
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.Linear("a", "b")).Warnings);
        Assert.Equal((ErrorCodes.BadConfig, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Equal($"config.json: {key} is 2 in 'b', 1 in 'a', whose the output gets", warning.Message);
        Assert.Equal(key == "rope_theta",
            warning.Hint
                ?.StartsWith("Weights that were trained for other positions do not fit: leave 'b' out", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Plan_OfAModelWhoseConfigurationLacksSomething_SaysNotSet()
    {
        _folder.Add("a", TinyCheckpoint.Llama().Configure("rope_theta", 1)).Add("b", TinyCheckpoint.Llama(seed: 2));
        Assert.Contains(
            "rope_theta is not set in 'b'", Assert.Single(_folder.Plan(RecipeFolder.Linear("a", "b")).Warnings).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WhenConfigurationsOfTwoVersionsSayTheSame_DoesNotWarn()
    {
        JsonObject rope = new() { ["rope_type"] = "llama3", ["factor"] = 8.0, ["rope_theta"] = 500_000.0 };
        _folder.Add("a",
            TinyCheckpoint.Llama().Configure("rope_theta", 500_000)
                .Configure("rope_scaling", new JsonObject { ["type"] = "llama3", ["factor"] = 8.0 }))
            .Add("b", TinyCheckpoint.Llama(seed: 2).Configure("rope_parameters", rope));
        Assert.Empty(_folder.Plan(RecipeFolder.Linear("a", "b")).Warnings);
    }

    [Fact]
    public void Plan_WithoutAConfiguration_Warns()
    {
        _folder.Add("a", TinyCheckpoint.Llama().Remove("config.json"));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("a"));
        Problem warning = Assert.Single(plan.Warnings);
        Assert.Equal((ErrorCodes.BadConfig, "'a' has no config.json, so the output gets none"), (warning.Code, warning.Message));
        Assert.Equal(["tokenizer.json", "tokenizer_config.json"], Names(plan.Stages[0].Layout.Companions));
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Names(IReadOnlyList<CompanionFile> files) =>
        files.Select(file => file.Name).Order(StringComparer.Ordinal);

    private static JsonObject Json(IReadOnlyList<CompanionFile> files, string name) =>
        files.Single(file => file.Name == name).ReadJson();

    private static JsonObject Config(RecipeFolder folder, string recipe) =>
        Json(folder.Plan(recipe).Stages[0].Layout.Companions, "config.json");

    private JsonObject Config(string recipe) => Config(_folder, recipe);

    private IReadOnlyList<CompanionFile> Plan(string recipe) => _folder.Plan(recipe).Stages[0].Layout.Companions;
}
