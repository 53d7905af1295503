using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class VocabularyPlannerTests : IDisposable
{
    private const string Embedding = "model.embed_tokens.weight";

    private readonly RecipeFolder _folder =
        new RecipeFolder().Add("small", TinyCheckpoint.Llama(tokens: 8)).Add("large", TinyCheckpoint.Llama(tokens: 10, seed: 2));

    [Theory]
    [InlineData("small", "large")]
    [InlineData("large", "small")]
    public void ShapeOf_WithoutATokenizerSetting_TakesTheRowsThatAllHaveAndWarns(string first, string second)
    {
        MergePlan plan = _folder.Plan(RecipeFolder.Linear(first, second));
        Assert.Equal([8, 4], ShapeOf(plan, Embedding));
        Assert.Equal([8, 4], ShapeOf(plan, "lm_head.weight"));
        Assert.Equal(3, plan.Warnings.Count);
        Assert.All(
            plan.Warnings,
            warning => Assert.Equal((ErrorCodes.VocabularyMismatch, Severity.Warning), (warning.Code, warning.Severity)));
        Assert.Contains("the tokenizer of 'small', and 'large' has more tokens: id 8 is 'token8' in 'large' and not in 'small', and 1 more", plan.Warnings[2].Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token8", Encoding.UTF8.GetString(plan.Stages[0].Layout.Companions.Single(file => file.Name == "tokenizer.json").ReadBytes()), StringComparison.Ordinal);
        Assert.Contains("8 in 'small'", plan.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains("10 in 'large'", plan.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Contains($"'{Embedding}'", plan.Warnings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer_source: small")]
    [InlineData("tokenizer: {source: small}")]
    [InlineData("base_model: small\ntokenizer_source: base")]
    public void ShapeOf_WithTheTokenizerOfTheSmallest_TakesItsRows(string setting)
    {
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("large", "small") + setting);
        Assert.Equal([8, 4], ShapeOf(plan, Embedding));
        Assert.Empty(plan.Warnings);
    }

    // The tokens of the large model are the small one's and two more, so that the small one lacks rows.
    [Fact]
    public void ShapeOf_WithTheTokenizerOfALargerModel_NamesBothCounts()
    {
        Problem[] problems = [.. _folder.Errors(RecipeFolder.Linear("small", "large") + "tokenizer_source: large")];
        Assert.All(problems, problem => Assert.Equal(ErrorCodes.NotSupported, problem.Code));
        string[] messages = [.. problems.Select(problem => problem.Message)];
        Assert.Contains("'small' and 'large' have different tokens: id 8 is 'token8' in 'large' and not in 'small', and 1 more", messages);
        Assert.Contains($"tensor '{Embedding}': 'small' has 8 rows, the tokenizer of 'large' needs 10", messages);
    }

    [Fact]
    public void Tokenizer_WhenTokensHaveOtherPlaces_NamesTheFirst()
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", """
            {
              "model": {"vocab": {"token0": 1, "token1": 0, "token2": 2, "token3": 3, "token4": 4, "token5": 5, "token6": 6}},
              "added_tokens": [{"id": 7, "content": "token7"}]
            }
            """));
        Problem problem = _folder.Error(RecipeFolder.Linear("small", "other") + "tokenizer_source: small");
        Assert.Equal(ErrorCodes.NotSupported, problem.Code);
        Assert.Equal(
            "'other' and 'small' have different tokens: id 0 is 'token0' in 'small' and 'token1' in 'other', and 1 more", problem.Message);
        Assert.NotNull(problem.Place);
    }

    [Fact]
    public void Tokenizer_WhenOneTokenDiffers_CountsNoMore()
    {
        JsonObject vocabulary = new(Enumerable.Range(0, 8).Select(id => KeyValuePair.Create(id == 5 ? "five" : $"token{id}", (JsonNode?)id)));
        JsonObject tokenizer = new() { ["model"] = new JsonObject { ["vocab"] = vocabulary } };
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", tokenizer));
        Problem problem = _folder.Error(RecipeFolder.Linear("small", "other") + "tokenizer_source: small");
        Assert.Equal("'other' and 'small' have different tokens: id 5 is 'token5' in 'small' and 'five' in 'other'", problem.Message);
    }

    [Fact]
    public void Tokenizer_OfOneSizeButOtherTokens_IsAnErrorWithoutASetting()
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", """{"model": {"vocab": {"token0": 0, "five": 1}}}"""));
        Problem problem = _folder.Error(RecipeFolder.Linear("small", "other"));
        Assert.Equal((ErrorCodes.VocabularyMismatch, Severity.Error), (problem.Code, problem.Severity));
        Assert.StartsWith("'other' and 'small' have different tokens: id 1 is 'token1' in 'small' and 'five' in 'other'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_OfTheBase_KeepsItsRows()
    {
        Problem[] problems = [.. _folder.Errors(RecipeFolder.TaskArithmetic("large", "small"))];
        Assert.All(problems, problem => Assert.Equal(ErrorCodes.VocabularyMismatch, problem.Code));
        Assert.Contains("id 8 is 'token8' in 'large' and not in 'small'", problems[0].Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Plan(RecipeFolder.TaskArithmetic("large", "small") + problems[0].Hint!.Split('`')[1]).Warnings);
    }

    [Fact]
    public void SpecialTokens_OfTheFirstThatHaveNoRow_AreAnError()
    {
        _folder.Add("marked", TinyCheckpoint.Llama(tokens: 10).Configure("eos_token_id", new JsonArray(2, 9)));
        Assert.All(_folder.Errors(RecipeFolder.Linear("marked", "small")), problem => Assert.Equal(ErrorCodes.VocabularyMismatch, problem.Code));
        _folder.Add("bare", TinyCheckpoint.Llama(tokens: 10).Configure("eos_token_id", new JsonArray(2, 9)).Remove("tokenizer.json"));
        Assert.StartsWith("eos_token_id of 'bare' is 9", _folder.Error(RecipeFolder.Linear("bare", "small")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SpecialTokens_OfAnotherTokenizer_AreItsOwn()
    {
        _folder.Add("marked", TinyCheckpoint.Llama(tokens: 10).Configure("eos_token_id", 9)).Add("own", TinyCheckpoint.Llama().Configure("eos_token_id", 3));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("marked", "own") + "tokenizer_source: own");
        Assert.Equal(3, plan.Stages[0].Layout.Companions.Single(file => file.Name == "config.json").ReadJson()["eos_token_id"]!.GetValue<int>());
    }

    // Slices take rows from the first and the last alone.
    [Fact]
    public void Tokenizer_OfAModelThatGivesLayersAlone_IsNoMatter()
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", """{"model": {"vocab": {"five": 0}}}"""));
        MergePlan plan = _folder.Plan("""
            merge_method: passthrough
            slices:
            - sources: [{model: small, layer_range: [0, 1]}]
            - sources: [{model: other, layer_range: [0, 1]}]
            - sources: [{model: small, layer_range: [1, 2]}]
            """);
        Assert.DoesNotContain(plan.Warnings, warning => warning.Code == ErrorCodes.VocabularyMismatch);
    }

    [Theory]
    [InlineData("added_tokens.json", """{"new": 7}""")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"7": {"content": "new"}}}""")]
    [InlineData("vocab.txt", "a\nb\nc\n")]
    public void Tokenizer_WithTokensInOtherFiles_IsReadFromThem(string file, string content)
    {
        TinyCheckpoint other = TinyCheckpoint.Llama().AddFile(file, content);
        _folder.Add("other", file == "vocab.txt" ? other.Remove("tokenizer.json") : other);
        Assert.Equal(ErrorCodes.VocabularyMismatch, _folder.Error(RecipeFolder.Linear("small", "other")).Code);
    }

    // As Gemma's own tokenizer.json and one made from GGUF do.
    [Theory]
    [InlineData("\\t", "<0x09>")]
    [InlineData("▁▁", "  ")]
    public void Tokenizer_WhenOneTextIsSpeltInTwoWays_IsAlike(string here, string there)
    {
        foreach ((string name, string token) in ((string, string)[])[("one", here), ("other", there)])
        {
            _folder.Add(name, TinyCheckpoint.Llama().AddFile("tokenizer.json", $$"""{"model": {"vocab": {"token0": 0, "{{token}}": 1} } }"""));
        }

        Assert.Empty(_folder.Plan(RecipeFolder.Linear("one", "other") + "tokenizer_source: union").Warnings);
    }

    // Unigram tokenizers list pairs of token and score.
    [Fact]
    public void Tokenizer_ThatListsPairs_IsReadByPlace()
    {
        JsonArray pairs = [.. Enumerable.Range(0, 8).Select(id => new JsonArray($"token{id}", -1.5))];
        JsonObject tokenizer = new() { ["model"] = new JsonObject { ["vocab"] = pairs } };
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", tokenizer));
        Assert.Empty(_folder.Plan(RecipeFolder.Linear("small", "other") + "tokenizer_source: small").Warnings);
    }

    [Theory]
    [InlineData("""{"model": "a word"}""")]
    [InlineData("""{"model": {"vocab": 7}}""")]
    [InlineData("{}")]
    public void Tokenizer_WithoutTokens_IsTakenToBeLikeTheOthersWithAWarning(string content)
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", content));
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.Linear("small", "other") + "tokenizer_source: small").Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.StartsWith("'other' has no tokenizer.json", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_OfTheModelThatIsNamed_IsMissedByItsName()
    {
        _folder.Add("other", TinyCheckpoint.Llama().Remove("tokenizer.json"));
        Problem warning = Assert.Single(_folder.Plan(RecipeFolder.Linear("small", "other") + "tokenizer_source: other").Warnings);
        Assert.StartsWith("'other' has no tokenizer.json", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_ThatIsNotJson_IsReportedWithAllElse()
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", "{"));
        Problem[] problems = [.. _folder.Errors(
            RecipeFolder.Linear("small", "other") + "tokenizer_source: small\nuses: [nothing@^1.0]")];
        Assert.Equal([ErrorCodes.PluginVersion, ErrorCodes.BadConfig], problems.Select(problem => problem.Code));
        Assert.StartsWith("'other': tokenizer.json: ", problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TokenizerSource_OfAnotherModel_SuggestsTheNearest()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("small") + "tokenizer_source: smal");
        Assert.Equal(
            (ErrorCodes.ModelNotFound, "tokenizer source 'smal' is none of the models of this merge"),
            (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'small'?", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void TokenizerSource_OfABaseThatIsNotNamed_SaysSo()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("small") + "tokenizer_source: base");
        Assert.Equal(ErrorCodes.SourceCount, problem.Code);
        Assert.Contains("`base_model:`", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void ShapeOf_TensorsThatDifferElsewhere_NamesTensorModelsAndShapes()
    {
        _folder.Add("wide", TinyCheckpoint.Llama().Add("model.layers.1.mlp.up_proj.weight", DType.BF16, [9, 4]));
        Problem problem = _folder.Error(RecipeFolder.Linear("small", "wide"));
        Assert.Equal(ErrorCodes.ShapeMismatch, problem.Code);
        Assert.Equal("tensor 'model.layers.1.mlp.up_proj.weight': shape [9, 4] in 'wide', [8, 4] in 'small'", problem.Message);
    }

    [Fact]
    public void ShapeOf_AnEmbeddingOfOtherWidth_IsNoMatterOfTokens()
    {
        _folder.Add("wide", TinyCheckpoint.Llama().Add(Embedding, DType.BF16, [8, 5]));
        Assert.Equal(ErrorCodes.ShapeMismatch, _folder.Error(RecipeFolder.Linear("small", "wide")).Code);
    }

    public void Dispose() => _folder.Dispose();

    private static TensorShape ShapeOf(MergePlan plan, string tensor) =>
        plan.Stages[0].Tensors.Single(other => other.Output.Name == tensor).Output.Shape;
}
