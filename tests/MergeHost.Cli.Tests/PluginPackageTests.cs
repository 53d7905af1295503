using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The packages that <c>dotnet pack</c> makes of plugins, installed and removed by the program.</summary>
public sealed class PluginPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pack_OfAPlugin_MakesAPackageThatIsInstalledUsedLockedAndRemoved()
    {
        Assert.Equal("",
            Workshop.Dotnet(Cli.Repository, "pack", "tests/fixtures/plugins/Fixture.Good", "-c", "Release", "-o", _folder["feed"],
                "--no-build"));
        string package = Path.Combine(_folder["feed"], "good.1.2.0.nupkg");

        CliResult installed = Run("plugins", "install", package);
        Assert.Equal(0, installed.ExitCode);
        Assert.Contains("good 1.2.0: installed in", installed.Output, StringComparison.Ordinal);
        Assert.Contains("already installed in", Run("plugins", "install", "good", "--source", _folder["feed"]).Output,
            StringComparison.Ordinal);
        Assert.Contains("strategy 'low_rank'", Run("plugins", "list").Output, StringComparison.Ordinal);
        Assert.Contains("nothing to update", Run("plugins", "list", "--outdated", "--source", _folder["feed"]).Output,
            StringComparison.Ordinal);
        Assert.Contains("nothing to update", Run("plugins", "update", "--source", _folder["feed"]).Output, StringComparison.Ordinal);

        Assert.Contains("good 1.2.0: removed", Run("plugins", "remove", "good").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("low_rank", Run("plugins", "list").Output, StringComparison.Ordinal);
        Assert.Equal(5, Run("plugins", "remove", "good").ExitCode);
    }

    [Theory]
    [InlineData("gone", "plugin 'gone' is not in")]
    [InlineData("Bad Id", "there is no such file, and 'Bad Id' is not the id of a plugin")]
    [InlineData("gone.nupkg", "gone.nupkg")]
    public void Install_OfWhatIsNotThere_SaysSoAndExitsWith5(string package, string message)
    {
        Directory.CreateDirectory(_folder["feed"]);
        CliResult result = Run("plugins", "install", package, "--source", _folder["feed"]);
        Assert.Equal(5, result.ExitCode);
        Assert.Contains(message, result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Install_FromAFeedThatIsNotThere_NamesIt()
    {
        CliResult result = Run("plugins", "install", "good", "--source", _folder["nowhere"]);
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("error MH3021: there is no feed '", result.Talk, StringComparison.Ordinal);
    }

    private CliResult Run(params string[] arguments)
    {
        using Cli cli = Cli.Start(arguments, ("MERGEHOST_HOME", _folder.Path));
        return cli.Wait();
    }
}
