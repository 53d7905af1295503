using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The plugin of the README, made outside the repository as a third party would, from the packed contracts alone.</summary>
public sealed partial class ThirdParty
{
    public ThirdParty(Workshop workshop)
    {
        Folder = workshop["Acme.Lerp"];
        string readme = File.ReadAllText(Path.Combine(Cli.Repository, "README.md"));
        Dictionary<string, string> code = CodeBlock.Matches(readme)
            .ToDictionary(match => match.Groups["language"].Value, match => match.Groups["code"].Value);
        File.WriteAllText(Path.Combine(Folder, "Acme.Lerp.csproj"), code["xml"]);
        File.WriteAllText(Path.Combine(Folder, "LerpStrategy.cs"), code["csharp"]);
        Assert.Equal("", Workshop.Dotnet(Folder, "build"));
    }

    /// <summary>The folder of the plugin's project.</summary>
    public string Folder { get; }

    [GeneratedRegex(@"```(?<language>csharp|xml)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }
}

[Collection(Workshop.Name)]
public sealed class ThirdPartyPluginTests(Workshop workshop, ThirdParty plugin) : IClassFixture<ThirdParty>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Strategy_OfTheReadme_IsListedAndMerges()
    {
        CliResult listed = Run("plugins", "list");
        Assert.Contains("acme-lerp", listed.Output, StringComparison.Ordinal);
        Assert.Equal("", listed.Talk);
        File.WriteAllText(_folder["recipe.yaml"], """
            merge_method: acme_lerp
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/math}]
            parameters: {t: 0.5}
            """);
        Run("merge", _folder["recipe.yaml"], _folder["out"]);
        Assert.Equal(0, Cli.Run("verify", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Test_OfAPluginThatKeepsItsContract_SaysSo() => Assert.Contains(
        "strategy 'acme_lerp' of plugin 'acme-lerp' 1.0.0: keeps its",
        Run("plugins", "test", Path.Combine(plugin.Folder, "bin/plugins")).Output, StringComparison.Ordinal);

    [Fact]
    public void Build_OfAnExportThatIsNoStrategy_IsRefusedByTheRulesOfThePackage()
    {
        string folder = workshop["Acme.Wrong"];
        File.Copy(Path.Combine(plugin.Folder, "Acme.Lerp.csproj"), Path.Combine(folder, "Acme.Wrong.csproj"));
        File.WriteAllText(Path.Combine(folder, "Wrong.cs"), """[MergeStrategy("acme_wrong")] public sealed class Wrong;""");
        Assert.Contains("error MH0013: 'Wrong' is exported as IMergeStrategy and does not implement it", Workshop.Dotnet(folder, "build"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Test_OfAPluginThatBreaksItsContract_NamesTheLawsAndExitsWith5()
    {
        CliResult tried = Cli.Run("plugins", "test", Path.Combine(Cli.FixturePlugins, "transforms"), "--json");
        Assert.Equal(5, tried.ExitCode);
        JsonArray exports = JsonNode.Parse(tried.Output)!.AsArray();
        JsonNode broken = exports.Single(export => (string)export!["id"]! == "test_broken")!["broken"]![0]!;
        Assert.Equal("Apply_GivesTensorsOfUniqueNamesThatCanBeRead", (string)broken["law"]!);
        Assert.Contains("   at Fixture.Transforms.BrokenTransform.Apply", (string)broken["message"]!, StringComparison.Ordinal);

        // Nobody can make up the path that it needs.
        Assert.Null(exports.Single(export => (string)export!["id"]! == "test_sum")!["laws"]);
    }

    [Fact]
    public void Test_OfAFolderWithoutPlugins_SaysSo() =>
        Assert.Contains("there is no plugin", Cli.Run("plugins", "test", _folder.Path).Talk, StringComparison.Ordinal);

    // As `cp -r bin/plugins ~/.mergehost/`.
    private CliResult Run(params string[] arguments)
    {
        using Cli cli = Cli.Start(arguments, ("MERGEHOST_HOME", Path.Combine(plugin.Folder, "bin")));
        CliResult result = cli.Wait();
        Assert.True(result.ExitCode == 0, result.Output + result.Talk);
        return result;
    }
}
