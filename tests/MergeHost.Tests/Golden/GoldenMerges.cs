using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Golden;

/// <summary>Merges golden recipes with the plugins of this repository, each once, and keeps the results to the end.</summary>
public sealed class GoldenMerges : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MergeEngine _engine = new(PluginFolder.NoServices);
    private readonly Dictionary<(string Name, long Seed), string> _outputs = [];

    /// <summary>The folder that a case's recipe was merged into.</summary>
    public string Output(string name, long seed = 0)
    {
        if (!_outputs.TryGetValue((name, seed), out string? output))
        {
            output = _folder[$"{name}-{seed}"];
            _engine.Merge(RecipePath(name), output, new MergeOptions { Threads = 2, Seed = seed });
            _outputs.Add((name, seed), output);
        }

        return output;
    }

    /// <summary>The problems for which a case's recipe is refused.</summary>
    public IReadOnlyList<Problem> Problems(string name) =>
        Assert.Throws<MergeHostException>(() => _engine.Plan(RecipePath(name), new MergeOptions())).Problems;

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    // Paths in recipes start at the recipe's folder, so that the tests need no current folder.
    private static string RecipePath(string name) => Path.Combine(GoldenCase.Folder, name + ".yml");
}
