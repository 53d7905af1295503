using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Tests.Plugins;

public sealed class PluginSetTests : IDisposable
{
    private const string V1 = "versions/1.0.0";
    private const string V2 = "versions/2.0.0";

    private readonly PluginFolder _folder = new();

    [Theory]
    [InlineData("versions", "2.0.0")]
    [InlineData("versions@^1.0", "1.0.0")]
    [InlineData("versions@>=1.0", "2.0.0")]
    [InlineData("versions@1.0.0", "1.0.0")]
    public void TryResolve_WhenTheRecipeNamesARange_TakesTheHighestVersionInIt(string uses, string version)
    {
        PluginSet set = new(_folder.Scan(V1, V2), [Requirement(uses)]);

        Assert.True(set.TryResolve(ExportKind.Benchmark, "private_library", out InstalledExport? installed, out _));
        Assert.Equal(version, installed.Plugin.Version.ToString());
        Assert.Empty(set.Problems);
    }

    [Fact]
    public void TryResolve_WhenSeveralRangesAreNamedForAPlugin_TakesAVersionInAllOfThem()
    {
        PluginSet set = new(_folder.Scan(V1, V2), [Requirement("versions@>=1.0"), Requirement("versions@<2")]);

        Assert.True(set.TryResolve(ExportKind.Benchmark, "private_library", out InstalledExport? installed, out _));
        Assert.Equal("1.0.0", installed.Plugin.Version.ToString());
    }

    [Fact]
    public void TryResolve_WhenAVersionIsLocked_TakesItThoughAHigherOneIsInstalled()
    {
        PluginCatalog catalog = _folder.Scan(V1, V2);
        PluginLock locked = PluginLock.Empty.With([catalog.Plugins[1]]);

        PluginSet set = new(catalog, [Requirement("versions@>=1.0")], locked);

        Assert.True(set.TryResolve(ExportKind.Benchmark, "private_library", out InstalledExport? installed, out _));
        Assert.Equal("1.0.0", installed.Plugin.Version.ToString());
    }

    [Fact]
    public void TryResolve_WhenTheLockedVersionIsOutOfTheRange_TheRangeWins()
    {
        PluginCatalog catalog = _folder.Scan(V1, V2);
        PluginLock locked = PluginLock.Empty.With([catalog.Plugins[1]]);

        PluginSet set = new(catalog, [Requirement("versions@^2.0")], locked);

        Assert.True(set.TryResolve(ExportKind.Benchmark, "private_library", out InstalledExport? installed, out _));
        Assert.Equal("2.0.0", installed.Plugin.Version.ToString());
    }

    [Fact]
    public void TryResolve_WhenAPluginHasOnlyPrereleases_TakesOne()
    {
        PluginSet set = new(_folder.Scan("odd/0.1.0-beta.1"));

        Assert.True(set.TryResolve(ExportKind.Strategy, "logging", out InstalledExport? installed, out _));
        Assert.Equal("0.1.0-beta.1", installed.Plugin.Version.ToString());
    }

    [Fact]
    public void TryResolve_WhenTheRecipeUsesTheRival_TakesTheRivalsExport()
    {
        PluginSet set = new(_folder.Scan("good/1.2.0", "rival/3.0.0"), [Requirement("rival")]);

        Assert.True(set.TryResolve(ExportKind.Strategy, "low_rank", out InstalledExport? installed, out _));
        Assert.Equal("rival", installed.Plugin.Id);
        Assert.True(set.TryResolve(ExportKind.Scorer, "relative_change", out installed, out _));
        Assert.Equal(["good", "rival"], set.Used.Select(plugin => plugin.Id));
    }

    [Fact]
    public void TryResolve_WhenAStrategyIsMisspelt_SuggestsTheRightOne()
    {
        PluginSet set = new(_folder.Scan("good/1.2.0"));

        Assert.False(set.TryResolve(ExportKind.Strategy, "low-rnak", out _, out Problem? problem));
        Assert.Equal(ErrorCodes.UnknownStrategy, problem.Code);
        Assert.Equal("no strategy 'low-rnak'", problem.Message);
        Assert.Equal("did you mean 'low_rank'? `mergehost plugins list` shows all", problem.Hint);
        Assert.Empty(set.Used);
    }

    [Fact]
    public void TryResolve_WhenAScorerIsUnknown_NamesIt()
    {
        PluginSet set = new(_folder.Scan("good/1.2.0"));

        Assert.False(set.TryResolve(ExportKind.Scorer, "fisher", out _, out Problem? problem));
        Assert.Equal(ErrorCodes.PluginVersion, problem.Code);
        Assert.Equal("no scorer 'fisher'", problem.Message);
    }

    [Fact]
    public void TryResolve_WhenOnlyAnotherVersionHasTheExport_NamesBothVersions()
    {
        PluginSet set = new(_folder.Scan(V1, V2), [Requirement("versions@^1.0")]);

        Assert.False(set.TryResolve(ExportKind.Benchmark, "added", out _, out Problem? problem));
        Assert.Equal(ErrorCodes.PluginVersion, problem.Code);
        Assert.Equal("benchmark 'added' is in plugin 'versions' 2.0.0, but 'versions' 1.0.0 is used", problem.Message);
        Assert.Contains("`uses: versions@2.0.0`", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_WhenNoVersionFits_NameTheRangeAndWhatIsInstalled()
    {
        TextPlace place = new("recipe.yaml", 3, 7);
        PluginSet set = new(_folder.Scan(V1, V2), [Requirement("versions@^3.1") with { Place = place }]);

        Problem problem = Assert.Single(set.Problems);
        Assert.Equal((ErrorCodes.PluginVersion, place), (problem.Code, problem.Place));
        Assert.Equal("no installed version of plugin 'versions' fits 'versions@^3.1'; installed: 2.0.0, 1.0.0", problem.Message);
        Assert.False(set.TryResolve(ExportKind.Benchmark, "private_library", out _, out Problem? same));
        Assert.Equal(problem, same);
    }

    [Fact]
    public void Problems_WhenAPluginIsNotInstalled_NameItAndSuggestANearOne()
    {
        PluginSet set = new(_folder.Scan("good/1.2.0"), [Requirement("god@^1.0")]);

        Problem problem = Assert.Single(set.Problems);
        Assert.Equal(ErrorCodes.PluginVersion, problem.Code);
        Assert.Contains("no plugin 'god' is installed", problem.Message, StringComparison.Ordinal);
        Assert.StartsWith("did you mean 'good'?", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void TryResolve_WhenOnlyAnIncompatiblePluginHasTheExport_SaysWhyItIsNotUsed()
    {
        string folder = _folder.Add("rival/3.0.0");
        PluginFolder.Rereference(Path.Combine(folder, "Fixture.Rival.dll"), SharedAssemblies.Contracts, new Version(7, 0));

        PluginSet set = new(_folder.Scan(), [Requirement("rival@^3.0")]);

        Assert.Equal(ErrorCodes.PluginContract, Assert.Single(set.Problems).Code);
        Assert.False(set.TryResolve(ExportKind.Strategy, "low_rank", out _, out Problem? problem));
        Assert.Equal(ErrorCodes.PluginContract, problem.Code);
    }

    public void Dispose() => _folder.Dispose();

    private static PluginRequirement Requirement(string text) =>
        PluginRequirement.TryParse(text, out PluginRequirement? requirement, out string? error)
            ? requirement
            : throw new ArgumentException(error, nameof(text));
}
