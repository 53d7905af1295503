using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class ModelResolverTests : IDisposable
{
    private readonly RecipeFolder _folder =
        new RecipeFolder().Add("finance", TinyCheckpoint.Llama()).Add("math", TinyCheckpoint.Llama(seed: 2));

    [Fact]
    public void Resolve_OfAPathBesideTheRecipe_OpensIt() =>
        Assert.Equal(["finance", "math"], Models(RecipeFolder.Linear("finance", "math")));

    [Fact]
    public void Resolve_OfAnAbsolutePathOrAFile_OpensIt() =>
        Assert.Equal(
            [_folder["finance"], "math/model.safetensors"],
            Models(RecipeFolder.Linear(_folder["finance"], "math/model.safetensors")));

    [Fact]
    public void Resolve_OfAModelByTwoPaths_OpensItOnce() =>
        Assert.Equal(["finance"], Models(RecipeFolder.Linear("finance", "./finance/", "math/../finance")));

    [Theory]
    [InlineData("finanse", "did you mean 'finance'?")]
    [InlineData("./mth", "did you mean './math'?")]
    [InlineData("nowhere", "Paths start at the current folder, and then at the recipe's, '")]
    [InlineData("~/models/llama", "'~' and '$' are not expanded")]
    [InlineData("$HOME/llama", "'~' and '$' are not expanded")]
    [InlineData("a/b/c", "Paths start at the current folder")]
    [InlineData("./meta-llama/Llama-3.1-8B", "Paths start at the current folder")]
    public void Resolve_OfWhatIsNotThere_NamesItAndAWayOut(string model, string hint)
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", model));
        Assert.Equal((ErrorCodes.ModelNotFound, $"there is no file or folder '{model}'"), (problem.Code, problem.Message));
        Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
        Assert.Equal((2, true), (problem.Place!.Line, problem.Place.Path.EndsWith("recipe.yaml", StringComparison.Ordinal)));
    }

    [Fact]
    public void Resolve_OfAFolderAtARevision_TakesTheFolderAndSaysSo()
    {
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("finance", "math@main"));
        Assert.Equal(_folder["math"], plan.Stages[0].Models[1].Path);
        Problem warning = Assert.Single(plan.Warnings);
        Assert.Equal("'math' lies on this machine, so that revision 'main' has no effect", warning.Message);
        Assert.Equal(2, warning.Place!.Line);
    }

    [Fact]
    public void Resolve_OfAFolderWithoutACheckpoint_NamesItAndTheFormats()
    {
        Directory.CreateDirectory(_folder["empty"]);
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "empty"));
        Assert.Equal(ErrorCodes.UnknownFormat, problem.Code);
        Assert.EndsWith("empty: no installed format opens this folder", problem.Message, StringComparison.Ordinal);
        Assert.Contains("*.safetensors", problem.Hint, StringComparison.Ordinal);
        Assert.Equal(2, problem.Place!.Line);
    }

    [Fact]
    public void Resolve_OfAFolderOfAnotherProgram_NamesItAndTheWayOut()
    {
        Directory.CreateDirectory(_folder["flax"]);
        File.WriteAllText(_folder["flax/flax_model.msgpack"], "");
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "flax"));
        Assert.EndsWith("flax: 'flax_model.msgpack' is Flax's weights, which no installed format reads", problem.Message,
            StringComparison.Ordinal);
        Assert.Contains("from_flax=True", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfAFileOfAnotherKind_NamesTheKind()
    {
        File.WriteAllBytes(_folder["weights.npy"], [0x93, .. "NUMPY"u8, 1, 0]);
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "weights.npy"));
        Assert.Equal(ErrorCodes.UnknownFormat, problem.Code);
        Assert.EndsWith("no installed format opens this file, which is a NumPy array", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfAFolderWithSeveralFormats_TakesTheOneThatIsPreferredAndSaysSo()
    {
        File.WriteAllText(_folder["finance/model.plain"], "");
        MergePlan plan = _folder.Plan(RecipeFolder.Linear("finance", "math"));
        Problem warning = Assert.Single(plan.Warnings);
        Assert.Equal(ErrorCodes.CheckpointOddity, warning.Code);
        Assert.EndsWith("several formats (safetensors, plain); 'safetensors' is read", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfAFolderWithAFileThatIsNoMarker_DoesNotLookAtIt()
    {
        File.WriteAllText(_folder["finance/other.plain"], "");
        Assert.Empty(_folder.Plan(RecipeFolder.Linear("finance", "math")).Warnings);
    }

    [Fact]
    public void Plan_OfAnOutputInAFormatThatIsReadOnly_NamesThoseThatAreNot()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "math") + "out_format: plain\n");
        Assert.Equal((ErrorCodes.NotSupported, 3), (problem.Code, problem.Place!.Line));
        Assert.Contains("'plain' is read only", problem.Message, StringComparison.Ordinal);
        Assert.Contains("`safetensors`", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfAFolderWithSeveralFormats_NamesThem()
    {
        File.WriteAllText(_folder["finance/model.lines"], "");
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "math"));
        Assert.Equal(ErrorCodes.UnknownFormat, problem.Code);
        Assert.Contains("(lines, safetensors)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfABrokenCheckpoint_SaysWhatIsWrongAndWhereTheRecipeNamesIt()
    {
        File.WriteAllText(_folder["math/model.safetensors"], "version https://git-lfs.github.com/spec/v1\n");
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "math"));
        Assert.Equal(ErrorCodes.OtherFormat, problem.Code);
        Assert.Contains("math/model.safetensors", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Place);
    }

    [Fact]
    public void Resolve_OfAModelWhoseConfigurationIsNotJson_NamesBoth()
    {
        File.WriteAllText(_folder["math/config.json"], "{");
        Problem problem = _folder.Error(RecipeFolder.Linear("finance", "math"));
        Assert.Equal(ErrorCodes.BadConfig, problem.Code);
        Assert.StartsWith("'math': config.json: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_OfWhatIsNotThere_SuggestsTheNearest()
    {
        using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
        MergeHostException exception = Assert.ThrowsAny<MergeHostException>(() => engine.Inspect(_folder["finanse"]));
        Assert.Equal(ErrorCodes.CheckpointUnreadable, exception.Code);
        Assert.Equal($"did you mean '{_folder["finance"]}'?", exception.Problems[0].Hint);
    }

    public void Dispose() => _folder.Dispose();

    private IEnumerable<string> Models(string recipe) =>
        Assert.Single(_folder.Plan(recipe).Stages).Models.Select(model => model.Name);
}
