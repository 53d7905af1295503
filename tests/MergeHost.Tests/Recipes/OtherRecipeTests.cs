using MergeHost.Recipes.Reading;

namespace MergeHost.Tests.Recipes;

/// <summary>Files for other programs of mergekit, and methods that are not there, are called what they are.</summary>
public sealed class OtherRecipeTests
{
    [Theory]
    [InlineData("base_model: a\ngate_mode: random\nexperts: [{source_model: a}]\n", "mergekit-moe", "gate_mode", 2)]
    [InlineData("base_model: a\nexperts: [{source_model: a}]\ndtype: float32\n", "mergekit-moe", "experts", 2)]
    [InlineData("merge_method: moe\nexperts: [{source_model: a}]\n", "mergekit-moe", "experts", 2)]
    [InlineData("genome: {models: [a]}\ntasks: []\n", "mergekit-evolve", "genome", 1)]
    public void Read_OfAFileForAnotherProgram_IsOneErrorThatNamesIt(string text, string program, string field, int line)
    {
        List<Problem> problems = [];
        RecipeReader.Read("recipe.yaml", text, problems);
        Problem problem = Assert.Single(problems);
        Assert.Equal((ErrorCodes.NotSupported, line), (problem.Code, problem.Place!.Line));
        Assert.Contains($"this is a recipe for {program}, by its field '{field}'", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("integers: frist", "integers is 'frist'; it must be equal or first")]
    [InlineData("allow_unchanged: {a: b}", "'allow_unchanged' must be a list of words, found")]
    public void Read_OfAWrongRule_SaysWhatItMustBe(string setting, string message)
    {
        List<Problem> problems = [];
        RecipeReader.Read("recipe.yaml", $"merge_method: linear\nmodels: [{{model: a}}]\n{setting}\n", problems);
        Assert.StartsWith(message, Assert.Single(problems).Message, StringComparison.Ordinal);
    }
}
