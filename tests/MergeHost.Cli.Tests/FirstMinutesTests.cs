using System.Diagnostics;
using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>What helps one begin: init, schema, completions, doctor, versions.</summary>
public sealed class FirstMinutesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Init_OfTwoModels_WritesARecipeThatMerges_AndTheSchemaBesideIt()
    {
        string recipe = _folder["recipe.yaml"];
        CliResult made = Cli.Run("init", recipe, "--method", "slerp", "--model", "recipes/quickstart/math", "--base",
            "recipes/quickstart/base");
        Assert.Equal((0, ""), (made.ExitCode, made.Talk));
        Assert.Contains("check it:  mergehost plan ", made.Output, StringComparison.Ordinal);
        Assert.Equal("A recipe of MergeHost",
            JsonDocument.Parse(File.ReadAllText(_folder["mergehost.schema.json"])).RootElement.GetProperty("title").GetString());
        Assert.Equal(0, Cli.Run("merge", recipe, _folder["out"], "--quiet").ExitCode);

        CliResult again = Cli.Run("init", recipe, "--method", "slerp", "--model", "a", "--base", "b");
        Assert.Equal(6, again.ExitCode);
        Assert.Contains("this file exists", again.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Init_WithoutATerminal_NamesWhatIsMissing()
    {
        CliResult result = Cli.Run("init", _folder["recipe.yaml"], "--model", "a", "--json");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("Name it by --method NAME.", result.Talk, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["recipe.yaml"]));
    }

    [Fact]
    public void Schema_IsOneDocument() =>
        Assert.True(JsonDocument.Parse(Cli.Run("schema").Output).RootElement.GetProperty("properties")
            .TryGetProperty("merge_method", out _));

    [Fact]
    public void Version_WithJson_IsOneDocument()
    {
        JsonElement version = JsonDocument.Parse(Cli.Run("--version", "--json").Output).RootElement;
        Assert.Equal(Cli.Run("--version").Output.Trim(), version.GetProperty("version").GetString());
        Assert.Equal("0.1", version.GetProperty("contracts").GetString());
    }

    [Fact]
    public void Doctor_TellsPluginsTorchCachesAndFeeds()
    {
        CliResult text = Cli.Run("doctor");
        Assert.Equal((0, ""), (text.ExitCode, text.Talk));
        Assert.All(["mergehost", "processor", "plugins", "libtorch", "GPU", "cache", "feeds"],
            name => Assert.Contains($"\n{name} ", "\n" + text.Output, StringComparison.Ordinal));
        JsonElement report = JsonDocument.Parse(Cli.Run("doctor", "--json").Output).RootElement;
        Assert.True(report.GetProperty("plugins")[0].GetProperty("count").GetInt32() > 10);
    }

    [Fact]
    public void Doctor_WhereLibtorchIsNot_NamesTheFolder_AndSaysOnceWhatToDo()
    {
        using Cli cli = Cli.Start(["doctor"], ("MERGEHOST_LIBTORCH", _folder.Path));
        string output = cli.Wait().Output;
        Assert.Contains($"libtorch_cpu.so is not in '{_folder.Path}'", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split("Set MERGEHOST_LIBTORCH").Length);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _mergehost mergehost")]
    [InlineData("zsh", "compdef _mergehost mergehost")]
    [InlineData("fish", "complete -c mergehost")]
    [InlineData("pwsh", "Register-ArgumentCompleter -Native -CommandName mergehost")]
    public void Completions_OfAShell_AreAScript(string shell, string line) =>
        Assert.Contains(line, Cli.Run("completions", shell).Output, StringComparison.Ordinal);

    [Fact]
    public void Completions_InBash_CompleteCommandsAndStrategies()
    {
        // As bash does it: the script, the line so far, and what is put into COMPREPLY.
        File.WriteAllText(_folder["mergehost"], $"#!/bin/sh\nexec dotnet '{Cli.Program}' \"$@\"\n");
        Process.Start("chmod", ["+x", _folder["mergehost"]]).WaitForExit();
        Assert.Contains("plan", Complete("mergehost pl", "pl"));
        Assert.Contains("ties", Complete("mergehost init --method ti", "ti"));
        Assert.Contains("dare_ties", Complete("mergehost plugins show dare", "dare"));
    }

    [Theory]
    [InlineData("out.gguf")]
    [InlineData("out", "--type", "q8_0")]
    public void Convert_WithoutAFormat_TakesThatOfTheNameOrTheType(string output, params string[] more)
    {
        Assert.Equal(0, Cli.Run(["convert", "recipes/quickstart/base", _folder[output], "--quiet", .. more]).ExitCode);
        Assert.Contains("'general.architecture'", Cli.Run("inspect", _folder[output], "--json").Output.Replace('"', '\''),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_WhereNothingTellsTheFormat_NamesThoseThereAre()
    {
        CliResult result = Cli.Run("convert", "recipes/quickstart/base", _folder["out"]);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("Write `--to FORMAT`: gguf, safetensors.", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_OfSeveral_DescribesEach()
    {
        Assert.Equal(2, Cli.Run("inspect", "recipes/quickstart/base", "recipes/quickstart/math").Output.Split("38 tensors,").Length - 1);
        Assert.Equal(2,
            JsonDocument.Parse(Cli.Run("inspect", "recipes/quickstart/base", "recipes/quickstart/math", "--json").Output).RootElement
                .GetArrayLength());
    }

    private string[] Complete(string line, string word)
    {
        string script =
            $"eval \"$(mergehost completions bash)\"; COMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({line}); "
                + $"COMP_CWORD={line.Split(' ').Length - 1}; _mergehost; printf '%s\\n' \"${{COMPREPLY[@]}}\"";
        ProcessStartInfo start = new("bash", ["-c", script]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start)!;
        string[] names = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.All(names, name => Assert.StartsWith(word, name, StringComparison.Ordinal));
        return names;
    }
}
