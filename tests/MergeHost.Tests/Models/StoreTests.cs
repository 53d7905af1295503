using MergeHost.Models;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Planning;
using MergeHost.Tests.Plugins;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Checkpoints of a plugin's store, wherever checkpoints are opened.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder().Add("a", TinyCheckpoint.Llama(seed: 1))
        .Add("b", TinyCheckpoint.Llama(seed: 2));

    [Fact]
    public void Open_OfANameThatAStoreHas_ReadsItsFiles()
    {
        using ModelResolver models = RecipeFolder.Models();
        InputModel far = models.Open($"mirror:{_folder["a"]}");
        InputModel near = models.Open(_folder["a"]);
        Assert.Equal(near.Stored, far.Stored);
        Assert.Equal(near.Config!.ToJsonString(), far.Config!.ToJsonString());
        Assert.Equal([$"mirror:{_folder["a"]}/model.safetensors"], far.WeightFiles);
        Assert.Equal(["mirror", "safetensors"], far.Exports.Select(export => export.Export.Id));
    }

    [Fact]
    public void Compare_OfAFolderWithItsMirror_FindsNoDistance()
    {
        using MergeEngine engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);
        ComparisonReport report = engine.Compare([_folder["a"], $"mirror:{_folder["a"]}"], null, new MergeOptions());
        Assert.Equal(0, Assert.Single(report.Pairs).Whole.L2);
    }

    [Fact]
    public void Merge_OfModelsOfAStore_IsThatOfTheirFolders()
    {
        using MergeEngine engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);
        MergeManifest near = Merge(engine, "near", _folder["a"], _folder["b"]);
        MergeManifest far = Merge(engine, "far", $"mirror:{_folder["a"]}", _folder["b"]);
        Assert.Equal(MergeBed.Digests(near), MergeBed.Digests(far));
        Assert.Contains(far.Plugins, plugin => plugin.Id == "good");
    }

    [Fact]
    public void Merge_WhenAFileOfAStoreIsAnother_IsNotTakenForFinished()
    {
        using MergeEngine engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);
        MergeManifest first = Merge(engine, "out", $"mirror:{_folder["a"]}", _folder["b"]);
        _folder.Add("a", TinyCheckpoint.Llama(seed: 3));
        MergeManifest second = Merge(engine, "out", $"mirror:{_folder["a"]}", _folder["b"], force: true);
        Assert.NotEqual(MergeBed.Digests(first), MergeBed.Digests(second));
    }

    // What a lock file names is what is read, whatever the name stands for by now.
    [Fact]
    public void Merge_OfModelsThatAreLocked_ReadsTheRevisionsOfTheLock()
    {
        using MergeEngine engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);
        string recipe = _folder.Write("recipe.yaml", RecipeFolder.Linear($"'mirror:{_folder["a"]}'", $"'mirror:{_folder["b"]}'"));
        string path = engine.LockPlugins(recipe);
        _folder.Add("c", TinyCheckpoint.Llama(seed: 3));
        File.WriteAllText(path,
            File.ReadAllText(path)
                .Replace($"\"origin\": \"mirror:{_folder["a"]}\"", $"\"origin\": \"mirror:{_folder["c"]}\"", StringComparison.Ordinal));
        MergeManifest locked = engine.Merge(recipe, _folder["locked"], new MergeOptions { Locked = true });
        Assert.Equal($"mirror:{_folder["c"]}", locked.Stages[0].Inputs[0].Origins!.Single());
        Assert.Equal(MergeBed.Digests(Merge(engine, "other", _folder["c"], _folder["b"])), MergeBed.Digests(locked));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => engine.Merge(
            _folder.Write("recipe.yaml", RecipeFolder.Linear($"'mirror:{_folder["a"]}'", $"'mirror:{_folder["c"]}'")), _folder["out"],
            new MergeOptions { Locked = true }));
        Assert.Equal((ErrorCodes.PluginLock, true),
            (exception.Code,
                exception.Message.Contains($"model 'mirror:{_folder["c"]}' is read, it is not locked", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("mirror:nowhere", "MH1010", "there is no file or folder 'mirror:nowhere'")]
    [InlineData("mirror:broken", "MH3010",
        "store 'mirror' of plugin 'good' 1.2.0 failed with InvalidOperationException: out of reach ('mirror:broken')")]
    public void Plan_OfWhatAStoreDoesNotHave_NamesIt(string model, string code, string message)
    {
        Problem problem = _folder.Error(RecipeFolder.Linear("a", $"'{model}'"));
        Assert.Equal((code, message), (problem.Code.Id, problem.Message));
    }

    [Fact]
    public void Plan_OfSeveralModels_AsksForThemTogether_AndReportsWhatIsWrongInTheRecipesOrder()
    {
        string[] missing = ["mirror:broken", $"mirror:pair:{_folder["none"]}", $"mirror:pair:{_folder["void"]}"];
        Assert.All(_folder.Errors(RecipeFolder.Linear([.. missing.Select(name => $"'{name}'")])).Zip(missing),
            pair => Assert.Contains(pair.Second, pair.First.Message, StringComparison.Ordinal));
        Assert.Equal(2,
            _folder.Plan(RecipeFolder.Linear($"'mirror:pair:{_folder["a"]}'", $"'mirror:pair:{_folder["b"]}'")).Stages[0].Models.Count);
    }

    [Fact]
    public void Resolve_OfAModelThatWasOpenedAhead_StreamsAndFetchesTheFilesThatAreRead()
    {
        using ModelResolver models = RecipeFolder.Models();
        string recipe = _folder.Write("recipe.yaml", "");
        ModelReference reference = new($"mirror:{_folder["a"]}", new TextPlace(recipe, 1, 1));
        FoundFiles found = models.Find([reference], recipe)[0].Found!;
        models.OpenAhead([found]);
        Assert.All(models.Resolve(reference, recipe).Files, file => Assert.Same(found.Files, file.Store));
    }

    public void Dispose() => _folder.Dispose();

    private MergeManifest Merge(MergeEngine engine, string output, string first, string second, bool force = false) => engine.Merge(
        _folder.Write($"{output}.yaml", RecipeFolder.Linear($"'{first}'", $"'{second}'")), _folder[output],
        new MergeOptions { Force = force });
}
