using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Planning;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Storing;

/// <summary>What of an output is put into a store, and which outputs are not.</summary>
public sealed class PublisherTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder().Add("a", TinyCheckpoint.Llama(seed: 1))
        .Add("b", TinyCheckpoint.Llama(seed: 2));
    private readonly MergeEngine _engine = new(PluginFolder.NoServices, PluginFolder.Fixtures);

    [Fact]
    public void Push_OfAnOutput_SendsWhatItsManifestListsAndTheCard()
    {
        Merge();
        File.WriteAllText(_folder["out/notes.txt"], "mine");
        File.WriteAllText(_folder["out/README.md"], "# Mine\n");
        Push();
        Assert.Equal(["README.md", "config.json", "mergehost.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            Directory.GetFiles(_folder["far"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Push_OfAnOutputThatWasChanged_IsRefusedUnlessAsked()
    {
        Merge();
        string path = _folder["out/model.safetensors"];
        byte[] content = File.ReadAllBytes(path);
        content[^1] ^= 1;
        File.WriteAllBytes(path, content);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Push());
        Assert.Equal([ErrorCodes.VerifyFailed, ErrorCodes.PublishRefused], exception.Problems.Select(problem => problem.Code));
        Assert.False(Directory.Exists(_folder["far"]));
        Push(new PublishOptions { IsUnverified = true });
        Assert.True(File.Exists(_folder["far/model.safetensors"]));
    }

    [Fact]
    public void Push_OfAnUnfinishedOutput_IsRefused()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(_folder["out/mergehost.journal.partial"], "x");
        Assert.Equal(ErrorCodes.PublishRefused,
            Assert.Throws<MergeHostException>(() => Push(new PublishOptions { IsUnverified = true })).Code);
    }

    // The models' licences are those that the store tells of the revisions that were merged.
    [Theory]
    [InlineData("mit", "mit", "mit", true)]
    [InlineData("mit", "mit", "apache-2.0", false)]
    [InlineData("mit", "llama3", "mit", false)]
    [InlineData("mit", "llama3", "other", true)]
    [InlineData("mit", "llama3", null, false)]
    [InlineData("mit", "mit", null, true)]
    [InlineData("mit", null, "mit", true)]
    public void Push_OfAnOutputWhoseLicenceConflicts_IsRefusedUnlessAsked(string first, string? second, string? card, bool isPushed)
    {
        License("a", first);
        License("b", second);
        Merge();
        if (card is not null)
        {
            File.WriteAllText(_folder["out/README.md"], $"---\nlicense: {card}\n---\n# Merged\n");
        }

        if (!isPushed)
        {
            MergeHostException exception = Assert.Throws<MergeHostException>(() => Push());
            Assert.Equal(ErrorCodes.PublishRefused, exception.Code);
            Assert.Contains($"mirror:{_folder["b"]} is under '{second}'", exception.Message, StringComparison.Ordinal);
        }

        Push(new PublishOptions { AnyLicense = !isPushed });
        Assert.True(File.Exists(_folder["far/model.safetensors"]));
    }

    [Fact]
    public void Push_OfAFolderWithoutAManifest_SendsAllButWhatIsHidden()
    {
        foreach (string path in new[] { "out/config.json", "out/sub/notes.txt", "out/.secret", "out/.cache/x",
            "out/model.safetensors.partial" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
            File.WriteAllText(_folder[path], "x");
        }

        Push();
        Assert.Equal(["config.json", "sub/notes.txt"],
            Directory.GetFiles(_folder["far"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder["far"], path))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Push_ToANameThatNoStoreTakes_SaysSo()
    {
        Merge();
        Assert.Equal(ErrorCodes.NoStore,
            Assert.Throws<MergeHostException>(() => _engine.Push(_folder["out"], "nobody:x", new PublishOptions())).Code);
    }

    [Fact]
    public void Merge_OfModelsOfAStore_NamesTheirRevisionsInTheManifest() =>
        Assert.Equal([[$"mirror:{_folder["a"]}"], [$"mirror:{_folder["b"]}"]], Merge().Stages[^1].Inputs.Select(input => input.Origins));

    [Fact]
    public void Download_OfACheckpoint_TakesWhatAMergeReadsAndWhatLiesBeside()
    {
        File.WriteAllText(_folder["a/notes.txt"], "x");
        File.WriteAllText(_folder["a/training.pt"], "x");
        DownloadSummary download = _engine.Download($"mirror:{_folder["a"]}", isWhole: false);
        Assert.Equal(["config.json", "model.safetensors", "notes.txt", "tokenizer.json", "tokenizer_config.json"], download.Files);
        Assert.Contains("training.pt", _engine.Download($"mirror:{_folder["a"]}", isWhole: true).Files);
        Assert.Equal(ErrorCodes.NoStore, Assert.Throws<MergeHostException>(() => _engine.Download(_folder["a"], isWhole: false)).Code);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private MergeManifest Merge() =>
        _engine.Merge(_folder.Write("recipe.yaml", RecipeFolder.Linear($"'mirror:{_folder["a"]}'", $"'mirror:{_folder["b"]}'")),
            _folder["out"], new MergeOptions());

    private void License(string model, string? license)
    {
        if (license is not null)
        {
            File.WriteAllText(_folder[$"{model}/licence.txt"], license);
        }
    }

    private void Push(PublishOptions? options = null) =>
        _engine.Push(_folder["out"], $"mirror:{_folder["far"]}", options ?? new PublishOptions());
}
