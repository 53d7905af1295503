using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests;

/// <summary>Plugins that are made outside the repository as a third party would: from the packed contracts alone.</summary>
[Collection(Workshop.Name)]
public sealed partial class ThirdPartyPluginTests(Workshop workshop)
{

    [GeneratedRegex(@"```(?<language>csharp|xml)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }

    [Fact]
    public void ThePluginOfTheReadme_BuiltAgainstThePackage_IsListedAndMerges()
    {
        string folder = workshop["readme"];
        string readme = File.ReadAllText(Path.Combine(Cli.Repository, "README.md"));
        Dictionary<string, string> code = CodeBlock.Matches(readme).ToDictionary(match => match.Groups["language"].Value, match => match.Groups["code"].Value);
        File.WriteAllText(Path.Combine(folder, "Acme.Lerp.csproj"), code["xml"]);
        File.WriteAllText(Path.Combine(folder, "LerpStrategy.cs"), code["csharp"]);

        Assert.Equal("", Workshop.Dotnet(folder, "build"));

        // As `cp -r bin/plugins ~/.mergehost/`.
        (string Name, string Value) home = ("MERGEHOST_HOME", Path.Combine(folder, "bin"));
        using Cli list = Cli.Start(["plugins", "list"], home);
        CliResult listed = list.Wait();
        Assert.Contains("acme-lerp", listed.Output, StringComparison.Ordinal);
        Assert.Equal("", listed.Talk);

        string recipe = Path.Combine(folder, "recipe.yaml");
        File.WriteAllText(recipe, """
            merge_method: acme_lerp
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/math}]
            parameters: {t: 0.5}
            """);
        using Cli merge = Cli.Start(["merge", recipe, Path.Combine(folder, "out")], home);
        CliResult merged = merge.Wait();
        Assert.Equal(0, merged.ExitCode);
        Assert.Equal(0, Cli.Run("verify", Path.Combine(folder, "out")).ExitCode);
    }

    [Fact]
    public void TheScorerOfTheFixtures_BuiltAgainstThePackage_ScoresAndChooses()
    {
        string folder = Copy("Acme.SignFlips");
        Assert.Equal("", Workshop.Dotnet(folder, "build"));
        (string Name, string Value) home = ("MERGEHOST_HOME", Path.Combine(folder, "bin"));
        using Cli score = Cli.Start(["score", "recipes/quickstart/base", "recipes/quickstart/math", "--scorer", "acme_sign_flips", "--quiet"], home);
        CliResult scored = score.Wait();
        Assert.Equal((0, ""), (scored.ExitCode, scored.Talk));
        Assert.Contains("acme_sign_flips", scored.Output, StringComparison.Ordinal);

        string recipe = Path.Combine(folder, "recipe.yaml");
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
        string folder = Copy("Acme.Rename");
        Assert.Equal("", Workshop.Dotnet(folder, "build"));
        (string Name, string Value) home = ("MERGEHOST_HOME", Path.Combine(folder, "bin"));
        string recipe = Path.Combine(folder, "recipe.yaml");
        File.WriteAllText(recipe, """
            merge_method: passthrough
            models:
            - model: {path: recipes/quickstart/math, apply: [{acme_rename: {from: model.layers, to: model.blocks}}]}
            """);
        using Cli merge = Cli.Start(["merge", recipe, Path.Combine(folder, "out"), "--quiet"], home);
        Assert.Equal(0, merge.Wait().ExitCode);
        CliResult inspected = Cli.Run("inspect", Path.Combine(folder, "out"), "--tensors");
        Assert.Contains("model.blocks.0.self_attn.q_proj.weight", inspected.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("model.layers", inspected.Output, StringComparison.Ordinal);
    }

    private string Copy(string fixture)
    {
        string folder = workshop[fixture];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Cli.Repository, "tests/fixtures/third-party", fixture)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }
}
