using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using MergeHost.Cli.Commands;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>What comes from outside while the program works: signals, and a stdout that is full or gone.</summary>
public sealed class InterruptionTests : IDisposable
{
    private const string Base = "recipes/quickstart/base";

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("-TERM")]
    [InlineData("-INT")]
    public void Evaluate_WhenAskedToStop_EndsSoonAndSaysHowToResume(string signal)
    {
        IEnumerable<string> lines = Enumerable.Range(0, 40_000)
            .Select(number => $"Revenue of the quarter {number} rose by {number % 7} percent.");
        File.WriteAllLines(_folder["text.txt"], lines);
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: long, benchmark: perplexity, data: text.txt, window: 16}]");
        using Cli evaluate = Cli.Start(["evaluate", Base, "--suite", _folder["suite.yaml"], "--cache", _folder["cache"]]);
        bool HasBegun() => evaluate.Talk.Contains("long", StringComparison.Ordinal) || evaluate.HasExited;
        Assert.True(SpinWait.SpinUntil(HasBegun, TimeSpan.FromMinutes(2)));
        Assert.False(evaluate.HasExited, evaluate.Talk);

        long asked = Stopwatch.GetTimestamp();
        Process.Start("kill", [signal, $"{evaluate.Id}"]).WaitForExit();
        CliResult result = evaluate.Wait();
        Assert.Equal(130, result.ExitCode);
        Assert.Contains("run the same command again", result.Talk, StringComparison.Ordinal);

        // 2 s, and room for machines that do much else.
        Assert.InRange(Stopwatch.GetElapsedTime(asked).TotalSeconds, 0, 20);
    }

    [Fact]
    public void WhatNext_OfEveryCommandWhoseHelpSaysThatItGoesOn_SaysHow()
    {
        Command[] commands = [.. typeof(CommandRunner).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Command", StringComparison.Ordinal))
                .Select(type => type.GetMethod("Create")).OfType<MethodInfo>().Select(create => (Command)create.Invoke(null, null)!)
                .Where(command => command.Description!.Contains("the same command goes on", StringComparison.Ordinal))];
        Assert.True(commands.Length > 5);
        Assert.All(commands,
            command => Assert.EndsWith("run the same command again to resume",
                CommandRunner.WhatNext(new RootCommand { command }.Parse(command.Name)), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("inspect " + Base, 6)]
    [InlineData("plugins list --json", 6)]
    [InlineData("inspect " + Base + " --json", 6)]
    [InlineData("--help", null)]
    public void Command_WhenStdoutIsFull_SaysSoAndIsNoBug(string command, int? exitCode)
    {
        CliResult result = Shell($"{Program} {command} > /dev/full");
        Assert.Equal(exitCode ?? result.ExitCode, result.ExitCode);
        Assert.InRange(result.ExitCode, 0, 6);
        Assert.NotEqual(1, result.ExitCode);
        Assert.DoesNotContain("bug of MergeHost", result.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("> /dev/full")]
    [InlineData("| true")]
    public void Merge_WhenNobodyReadsStdout_IsFinished(string stdout)
    {
        string command = $"merge {Recipe()} {_folder["out"]}";
        CliResult result = Shell($"{{ {Program} {command}; echo \"exit $?\" >&2; }} {stdout}");
        Assert.Matches("exit [06]\n", result.Talk);
        Assert.DoesNotContain("bug of MergeHost", result.Talk, StringComparison.Ordinal);
        Assert.Equal(0, Cli.Run("verify", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Command_WhoseReaderIsGone_EndsQuietly()
    {
        CliResult result = Shell($"{{ {Program} plugins list; echo \"exit $?\" >&2; }} | true");
        Assert.Equal("exit 0\n", result.Talk);
    }

    public void Dispose() => _folder.Dispose();

    private static string Program => $"dotnet {Cli.Program}";

    private string Recipe()
    {
        string models = $"[{{model: {Base}}}, {{model: recipes/quickstart/math}}]";
        File.WriteAllText(_folder["recipe.yaml"], $"merge_method: linear\nmodels: {models}\nparameters: {{weight: 1}}\n");
        return _folder["recipe.yaml"];
    }

    private static CliResult Shell(string command)
    {
        ProcessStartInfo start = new("sh", ["-c", command]) { WorkingDirectory = Cli.Repository, RedirectStandardError = true };
        using Process shell = Process.Start(start)!;
        string talk = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return new CliResult(shell.ExitCode, "", talk);
    }
}
