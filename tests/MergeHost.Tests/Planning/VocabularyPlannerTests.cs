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
    public void ShapeOf_WithoutATokenizerSetting_RefusesOtherNumbersOfRows(string first, string second)
    {
        Problem[] problems = [.. _folder.Errors(RecipeFolder.Linear(first, second))
            .Where(problem => problem.Message.StartsWith("tensor", StringComparison.Ordinal))];
        Assert.Equal(2, problems.Length);
        Assert.All(problems, problem => Assert.Equal(ErrorCodes.VocabularyMismatch, problem.Code));
        Assert.Contains($"'{Embedding}'", problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("8 in 'small'", problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("10 in 'large'", problems[0].Message, StringComparison.Ordinal);
        Assert.Equal([10, 4], ShapeOf(_folder.Plan(RecipeFolder.Linear(first, second) + problems[0].Hint!.Split('`')[1]), Embedding));
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

    [Fact]
    public void ShapeOf_WithTheTokenizerOfALargerModel_TakesItsRows()
    {
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("small", "large") + "tokenizer_source: large");
        Assert.Equal([10, 4], ShapeOf(plan, Embedding));
        Assert.Equal([10, 4], ShapeOf(plan, "lm_head.weight"));
    }

    [Fact]
    public void Tokenizer_OfOneSizeButOtherTokens_IsAnErrorWithoutASetting()
    {
        _folder.Add("other", TinyCheckpoint.Llama().AddFile("tokenizer.json", """{"model": {"vocab": {"token0": 0, "five": 1}}}"""));
        Problem problem = _folder.Error(RecipeFolder.Linear("small", "other"));
        Assert.Equal((ErrorCodes.VocabularyMismatch, Severity.Error), (problem.Code, problem.Severity));
        Assert.StartsWith("'other' and 'small' have different tokens: id 1 is 'token1' in 'small' and 'five' in 'other'", problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_OfTheBase_KeepsItsRows() =>
        Assert.Equal([10, 4], ShapeOf(_folder.Plan(RecipeFolder.TaskArithmetic("large", "small") + "tokenizer_source: base"), Embedding));

    [Fact]
    public void SpecialTokens_OfAnotherTokenizer_AreItsOwn()
    {
        _folder.Add("marked", TinyCheckpoint.Llama(tokens: 10).Configure("eos_token_id", 9))
            .Add("own", TinyCheckpoint.Llama().Configure("eos_token_id", 3));
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("marked", "own") + "tokenizer_source: own");
        Assert.Equal(3,
            plan.Stages[0].Layout.Companions.Single(file => file.Name == "config.json").ReadJson()["eos_token_id"]!.GetValue<int>());
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
            _folder.Add(name,
                TinyCheckpoint.Llama().AddFile("tokenizer.json", $$"""{"model": {"vocab": {"token0": 0, "{{token}}": 1} } }"""));
        }

        Assert.Equal([2, 4], ShapeOf(_folder.Plan(RecipeFolder.Linear("one", "other") + "tokenizer_source: union"), Embedding));
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
    public void TokenizerSource_OfAModelThatIsNotThere_SuggestsTheNearest()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("small") + "tokenizer_source: smal");
        Assert.Equal((ErrorCodes.ModelNotFound, "there is no file or folder 'smal'"), (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'small'?", problem.Hint, StringComparison.Ordinal);
        Assert.Equal(2, problem.Place?.Line - 1);
    }

    [Fact]
    public void TokenizerSource_OfABaseThatIsNotNamed_IsTheFirstModelsAndSaysSo()
    {
        Problem warning = _folder.Plan(RecipeFolder.Linear("small") + "tokenizer_source: base").Warnings[0];
        Assert.Equal("the tokenizer is to be the base's, and no base is named: it is that of 'small', the first model", warning.Message);
        Assert.Contains("`base_model:`", warning.Hint, StringComparison.Ordinal);
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
