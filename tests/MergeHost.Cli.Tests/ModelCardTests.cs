using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The card that <c>merge</c> writes beside its output.</summary>
public sealed class ModelCardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Merge_OfLocalModels_WritesACardThatVerifyLeavesAlone()
    {
        Assert.Equal(0, Cli.Run("merge", "recipes/linear.yaml", _folder["out"], "--quiet").ExitCode);
        string card = File.ReadAllText(_folder["out/README.md"]);
        Assert.StartsWith("---\nbase_model_relation: 'merge'\nlibrary_name: 'transformers'\ntags:\n- 'merge'\n- 'linear'\n---\n", card,
            StringComparison.Ordinal);
        Assert.Contains("```yaml\n" + File.ReadAllText(Path.Combine(Cli.Repository, "recipes/linear.yaml")).TrimEnd() + "\n```\n", card,
            StringComparison.Ordinal);
        Assert.Contains("| quickstart/finance | local, none known |\n", card, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("verify", _folder["out"], "--quiet").ExitCode);
    }

    [Fact]
    public void Merge_WithNoCard_WritesNone()
    {
        Assert.Equal(0, Cli.Run("merge", "recipes/linear.yaml", _folder["out"], "--no-card", "--quiet").ExitCode);
        Assert.False(File.Exists(_folder["out/README.md"]));
    }

    [Fact]
    public void Merge_WhereACardOfSomebodyIsThere_LeavesIt()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(_folder["out/README.md"], "mine");
        CliResult merge = Cli.Run("merge", "recipes/linear.yaml", _folder["out"], "--force");
        Assert.Equal(0, merge.ExitCode);
        Assert.Equal("mine", File.ReadAllText(_folder["out/README.md"]));
        Assert.Contains("README.md is no card of a merge, and stays as it is", merge.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WhereLicencesOfSomebodyAreThere_LeavesThemAndWritesNoCard()
    {
        foreach ((int seed, string license) in (ReadOnlySpan<(int, string)>)[(1, "mit"), (2, "apache-2.0")])
        {
            TinyCheckpoint.Llama(seed: seed).AddFile("README.md", $"\uFEFF---\nlicense: {license}\n---\n").Write(_folder[license]);
        }

        File.WriteAllText(_folder["recipe.yaml"],
            $"merge_method: linear\nmodels: [{{model: {_folder["mit"]}}}, {{model: {_folder["apache-2.0"]}}}]\nparameters: {{weight: "
                + $"1}}\n");
        Assert.Equal(0, Cli.Run("merge", _folder["recipe.yaml"], _folder["out"], "--quiet").ExitCode);
        string licenses = File.ReadAllText(_folder["out/LICENSES.md"]);
        Assert.Contains($"| {_folder["mit"]} | mit |\n", licenses, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("merge", _folder["recipe.yaml"], _folder["out"], "--force", "--quiet").ExitCode);
        Assert.Equal(licenses, File.ReadAllText(_folder["out/LICENSES.md"]));

        Directory.CreateDirectory(_folder["other"]);
        File.WriteAllText(_folder["other/LICENSES.md"], "mine");
        CliResult merge = Cli.Run("merge", _folder["recipe.yaml"], _folder["other"], "--force");
        Assert.Equal(0, merge.ExitCode);
        Assert.Equal("mine", File.ReadAllText(_folder["other/LICENSES.md"]));
        Assert.False(File.Exists(_folder["other/README.md"]));
        Assert.Contains("LICENSES.md is no card of a merge, and stays as it is; no card is written", merge.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
