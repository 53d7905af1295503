using System.Diagnostics;
using System.Text.RegularExpressions;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>Plugins that are made outside the repository as a third party would: from the packed contracts alone.</summary>
public sealed partial class ThirdPartyPluginTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [GeneratedRegex(@"```(?<language>csharp|xml)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }

    [Fact]
    public void ThePluginOfTheReadme_BuiltAgainstThePackage_IsListedAndMerges()
    {
        string readme = File.ReadAllText(Path.Combine(Cli.Repository, "README.md"));
        Dictionary<string, string> code = CodeBlock.Matches(readme).ToDictionary(match => match.Groups["language"].Value, match => match.Groups["code"].Value);
        File.WriteAllText(_folder["Acme.Lerp.csproj"], code["xml"]);
        File.WriteAllText(_folder["LerpStrategy.cs"], code["csharp"]);

        BuildAgainstThePackage();

        // As `cp -r bin/plugins ~/.mergehost/`.
        (string Name, string Value) home = ("MERGEHOST_HOME", _folder["bin"]);
        using Cli list = Cli.Start(["plugins", "list"], home);
        CliResult listed = list.Wait();
        Assert.Contains("acme-lerp", listed.Output, StringComparison.Ordinal);
        Assert.Equal("", listed.Talk);

        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, """
            merge_method: acme_lerp
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/math}]
            parameters: {t: 0.5}
            """);
        using Cli merge = Cli.Start(["merge", recipe, _folder["out"]], home);
        CliResult merged = merge.Wait();
        Assert.Equal(0, merged.ExitCode);
        Assert.Equal(0, Cli.Run("verify", _folder["out"]).ExitCode);
    }

    [Fact]
    public void TheScorerOfTheFixtures_BuiltAgainstThePackage_ScoresAndChooses()
    {
        Copy("Acme.SignFlips");
        BuildAgainstThePackage();
        (string Name, string Value) home = ("MERGEHOST_HOME", _folder["bin"]);
        using Cli score = Cli.Start(["score", "recipes/quickstart/base", "recipes/quickstart/math", "--scorer", "acme_sign_flips", "--quiet"], home);
        CliResult scored = score.Wait();
        Assert.Equal((0, ""), (scored.ExitCode, scored.Talk));
        Assert.Contains("acme_sign_flips", scored.Output, StringComparison.Ordinal);

        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, """
            merge_method: slerp
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/math}]
            select: {scorer: acme_sign_flips, options: {smallest: 0.01}, top: 1}
            parameters: {t: 0.5}
            """);
        using Cli plan = Cli.Start(["plan", recipe, "--quiet"], home);
        Assert.Contains("chooses 7 of 28 scored tensors by acme_sign_flips", plan.Wait().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTransformOfTheFixtures_BuiltAgainstThePackage_IsAppliedByARecipe()
    {
        Copy("Acme.Rename");
        BuildAgainstThePackage();
        (string Name, string Value) home = ("MERGEHOST_HOME", _folder["bin"]);
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, """
            merge_method: passthrough
            models:
            - model: {path: recipes/quickstart/math, apply: [{acme_rename: {from: model.layers, to: model.blocks}}]}
            """);
        using Cli merge = Cli.Start(["merge", recipe, _folder["out"], "--quiet"], home);
        Assert.Equal(0, merge.Wait().ExitCode);
        CliResult inspected = Cli.Run("inspect", _folder["out"], "--tensors");
        Assert.Contains("model.blocks.0.self_attn.q_proj.weight", inspected.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("model.layers", inspected.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Copy(string fixture)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Cli.Repository, "tests/fixtures/third-party", fixture)))
        {
            File.Copy(file, _folder[Path.GetFileName(file)]);
        }
    }

    // Builds what is in the folder as a third party would.
    private void BuildAgainstThePackage()
    {
        // The packages that the contracts need are in the cache of the build that made this test; no other feed is asked.
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(_folder["nuget.config"], $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><clear /><add key="built" value="feed" /><add key="cache" value="{cache}" /></packageSources>
            </configuration>
            """);
        Dotnet(Cli.Repository, "pack", "src/MergeHost.Abstractions", "-c", "Release", "-o", _folder["feed"]);
        Dotnet(_folder.Path, "build");
    }

    private static void Dotnet(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };

        // What the test run sets for itself must not steer a build of somebody else's.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }
}
