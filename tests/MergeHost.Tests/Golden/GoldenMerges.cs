using System.Text;
using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Golden;

/// <summary>Merges recipes with the plugins of this repository, each once, and keeps the results to the end.</summary>
public sealed class GoldenMerges : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MergeEngine _engine = new(PluginFolder.NoServices);
    private readonly Dictionary<(string Path, long Seed), (string Folder, List<Problem> Warnings)> _outputs = [];

    /// <summary>The folder that a case's recipe was merged into.</summary>
    public string Output(string name, long seed = 0) => Merge(RecipePath(name), seed).Folder;

    /// <summary>The folder that a recipe was merged into.</summary>
    /// <param name="recipe">Its text; models are named as in golden cases.</param>
    public string OutputOf(string recipe) => Merge(Write(recipe), seed: 0).Folder;

    /// <summary>The problems for which a case's recipe is refused.</summary>
    public IReadOnlyList<Problem> Problems(string name) => Plan(RecipePath(name));

    /// <summary>The errors for which a recipe is refused.</summary>
    /// <param name="recipe">Its text; models are named as in golden cases.</param>
    public IReadOnlyList<Problem> ProblemsOf(string recipe) =>
        [.. Plan(Write(recipe)).Where(problem => problem.Severity == Severity.Error)];

    /// <summary>What a merge of a case's recipe warns of.</summary>
    public IReadOnlyList<Problem> Warnings(string name) => Merge(RecipePath(name), seed: 0).Warnings;

    /// <summary>What a merge of a recipe warns of.</summary>
    /// <param name="recipe">Its text; models are named as in golden cases.</param>
    public IReadOnlyList<Problem> WarningsOf(string recipe) => Merge(Write(recipe), seed: 0).Warnings;

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private (string Folder, List<Problem> Warnings) Merge(string recipePath, long seed)
    {
        if (!_outputs.TryGetValue((recipePath, seed), out (string Folder, List<Problem> Warnings) output))
        {
            output = (_folder[Guid.NewGuid().ToString()], []);
            _engine.Merge(recipePath, output.Folder, new MergeOptions { Threads = 2, Seed = seed }, output.Warnings.Add);
            _outputs.Add((recipePath, seed), output);
        }

        return output;
    }

    private IReadOnlyList<Problem> Plan(string recipePath) =>
        Assert.Throws<MergeHostException>(() => _engine.Plan(recipePath, new MergeOptions())).Problems;

    // Paths in recipes start at the recipe's folder, so that the tests need no current folder.
    private static string RecipePath(string name) => Path.Combine(GoldenCase.Folder, name + ".yml");

    private string Write(string recipe)
    {
        if (!Directory.Exists(_folder["inputs"]))
        {
            Directory.CreateSymbolicLink(_folder["inputs"], Path.Combine(GoldenCase.Folder, "inputs"));
        }

        return _folder.Write($"{Guid.NewGuid()}.yml", Encoding.UTF8.GetBytes(recipe));
    }
}
