using MergeHost.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class PlanSessionTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder().Add("a", TinyCheckpoint.Llama());

    [Fact]
    public void Plan_OfARequirementThatCannotBeRead_SaysHowToWriteOne()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a") + "uses: ['averaging@new']");
        Assert.Equal(ErrorCodes.WrongType, problem.Code);
        Assert.Contains("'new'", problem.Message, StringComparison.Ordinal);
        Assert.Equal((3, 8), (problem.Place!.Line, problem.Place.Column));
    }

    [Fact]
    public void Plan_OfARequirementThatNothingFits_NamesItAtItsPlace()
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a") + "uses: [ties@^99.0]");
        Assert.Equal(ErrorCodes.PluginVersion, problem.Code);
        Assert.Contains("'ties@^99.0'", problem.Message, StringComparison.Ordinal);
        Assert.Equal(3, problem.Place!.Line);
    }

    [Fact]
    public void Plan_WhenPluginsMustBeLocked_AsksForTheLockFile()
    {
        Problem problem = Assert.Single(_folder.Errors(RecipeFolder.Linear("a"), new MergeOptions { Locked = true }));
        Assert.Equal(ErrorCodes.PluginLock, problem.Code);
        Assert.EndsWith("there is no lock file", problem.Message, StringComparison.Ordinal);
        Assert.Contains("mergehost plugins lock", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void LockPlugins_OfARecipe_WritesTheStrategysAndTheFormatsPlugin()
    {
        File.WriteAllText(_folder["recipe.yaml"], RecipeFolder.Linear("a"));
        using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
        string path = engine.LockPlugins(_folder["recipe.yaml"]);
        Assert.Contains("averaging", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Contains("safetensors", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.NotNull(_folder.Plan(RecipeFolder.Linear("a"), new MergeOptions { Locked = true }));
    }

    [Fact]
    public void Plan_ByTheEngine_SumsUpWhatWouldBeDone()
    {
        File.WriteAllText(_folder["recipe.yaml"], "{merge_method: passthrough, models: [{model: a}]}");
        using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
        StageSummary stage = Assert.Single(engine.Plan(_folder["recipe.yaml"], new MergeOptions()).Stages);
        long bytes = TinyCheckpoint.Llama().Tensors.Sum(tensor => tensor.LengthBytes);
        Assert.Equal(
            ("passthrough", bytes, bytes, bytes / 2),
            (stage.Method, stage.ReadBytes, stage.WriteBytes, stage.ElementCount));
        Assert.All(
            stage.Tensors,
            tensor => Assert.Equal(("copied", $"a: {tensor.Name}"), (tensor.Treatment, Assert.Single(tensor.Inputs))));
    }

    [Fact]
    public void Plan_OfARecipeThatIsNotThere_NamesIt()
    {
        using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
        MergeHostException exception = Assert.Throws<MergeHostException>(
            () => engine.Plan(_folder["nothing.yaml"], new MergeOptions()));
        Assert.Equal(ErrorCodes.RecipeUnreadable, exception.Code);
        Assert.Contains("nothing.yaml", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
