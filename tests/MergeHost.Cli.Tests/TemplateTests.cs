using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>A project of each template, as <c>dotnet new</c> makes them outside the repository: built, tested and packed.</summary>
public sealed class Templates : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public Templates(Workshop workshop)
    {
        Folder = workshop["templates"];
        Dotnet("new", "install", Directory.GetFiles(workshop.Feed, "MergeHost.Templates.*.nupkg").Single());
        foreach (string kind in Kinds)
        {
            Dotnet("new", $"mergehost-{kind}", "-o", this[kind]);
        }

        string solution = Workshop.Solution(Folder);
        Dotnet("test", solution, "-c", "Release");
        Dotnet("pack", solution, "-c", "Release", "--no-build");
    }

    /// <summary>What there are templates for.</summary>
    public static string[] Kinds { get; } = ["strategy", "scorer", "format", "transform", "benchmark"];

    private string Folder { get; }

    /// <summary>The folder of a kind's project.</summary>
    public string this[string kind] => Path.Combine(Folder, $"Acme.{char.ToUpperInvariant(kind[0])}{kind[1..]}");

    public void Dispose() => _home.Dispose();

    // `dotnet new` keeps templates in the home folder: here one of the test's own.
    private void Dotnet(params string[] arguments) => Assert.Equal("", Workshop.Dotnet(Folder, arguments, ("DOTNET_CLI_HOME", _home.Path)));
}

[Collection(Workshop.Name)]
public sealed class TemplateTests(Templates templates) : IClassFixture<Templates>, IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("strategy", "strategy 'acme_strategy'", "acme_strategy of models/base, models/tuned")]
    [InlineData("scorer", "scorer 'acme_scorer'", "slerp of models/base, models/tuned")]
    [InlineData("format", "format 'acme_format'", "passthrough of models/plain")]
    [InlineData("transform", "transform 'acme_transform'", "passthrough of models/tuned")]
    [InlineData("benchmark", "benchmark 'acme_benchmark'", "linear of models/base, models/tuned")]
    public void Template_OfAKind_MakesAPluginThatIsInstalledAndUsed(string kind, string export, string result)
    {
        Run(kind, "plugins", "install", $"bin/Release/acme-{kind}.0.1.0.nupkg");
        Assert.Contains(export, Run(kind, "plugins", "list"), StringComparison.Ordinal);
        Run(kind, "plugins", "test", "bin/plugins");
        Assert.Contains(result, Run(kind, "merge", "recipe.yaml", "out"), StringComparison.Ordinal);
    }

    private string Run(string kind, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Cli.Program, .. arguments]) { WorkingDirectory = templates[kind], RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MERGEHOST_HOME"] = _home.Path;
        using Process process = Process.Start(start)!;
        Task<string> talk = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + talk.Result);
        return output;
    }
}
