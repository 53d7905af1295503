namespace MergeHost.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("merge", "plan", "inspect", "verify", "plugins")]
    public void Help_ListsEveryCommand_AndTheExitCodes(params string[] commands)
    {
        CliResult help = Cli.Run("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.All(commands, command => Assert.Contains($"  {command} ", help.Output, StringComparison.Ordinal));
        Assert.Contains("130 cancelled", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge")]
    [InlineData("plan")]
    [InlineData("inspect")]
    [InlineData("verify")]
    [InlineData("plugins list")]
    [InlineData("plugins show")]
    [InlineData("plugins lock")]
    public void Help_OfACommand_TellsItsUsageAndTheExitCodes(string command)
    {
        CliResult help = Cli.Run([.. command.Split(' '), "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"mergehost {command}", help.Output, StringComparison.Ordinal);
        Assert.Contains("Exit codes:", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_BeforeACommand_IsThatOfTheCommand() =>
        Assert.Equal(Cli.Run("merge", "--help").Output, Cli.Run("help", "merge").Output);

    [Fact]
    public void Merge_OfSwappedArguments_SaysSo()
    {
        CliResult result = Cli.Run("merge", "nowhere/out", "recipes/quickstart.yaml");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("did you swap the two?", result.Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    public void Version_IsThatOfTheBuild(string option) => Assert.StartsWith("0.1.0", Cli.Run(option).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("mrege x y", "has no command 'mrege'", "did you mean 'merge'?")]
    [InlineData("plugins lst", "'mergehost plugins' has no command 'lst'", "did you mean 'list'?")]
    [InlineData("merge a b --thread 3", "has no option or argument '--thread'", "did you mean '--threads'?")]
    [InlineData("merge a", "Required argument 'OUT' missing", "`mergehost merge --help`")]
    [InlineData("merge a b --threads 0", "--threads must be a whole number from 1 to 1024, found '0'", "--help")]
    [InlineData("merge a b --threads many", "found 'many'", "--help")]
    [InlineData("merge a b --memory 5Q", "'5Q' is not a size", "--help")]
    [InlineData("merge a b --memory 1M", "at least 134,217,728 bytes", "--help")]
    [InlineData("merge a b --device gpu", "'gpu' is not a device", "--help")]
    [InlineData("merge a b --seed abc", "--seed must be a whole number, found 'abc'", "--help")]
    [InlineData("merge a b --cuda --copy-tokenizer", "has no option or argument '--copy-tokenizer'",
        "instead of mergekit's --cuda, write `--device cuda`")]
    [InlineData("merge a b -u", "has no option or argument '-u'", "instead of mergekit's -u, add `missing: single` to the recipe")]
    [InlineData("plan --bogus", "'mergehost plan' has no option '--bogus'", "--help")]
    [InlineData("recipe.yaml out", "has no command 'recipe.yaml'", "did you mean `mergehost merge recipe.yaml out`?")]
    [InlineData("plugins", "'mergehost plugins' needs a command: list, show, lock", "--help")]
    [InlineData("compare a", "'mergehost compare' needs 2 of CHECKPOINT or more", "--help")]
    public void Run_WithWrongUsage_SaysWhatIsMeantAndExitsWith2(string line, string error, string hint)
    {
        CliResult result = Cli.Run(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(error, result.Talk, StringComparison.Ordinal);
        Assert.Contains(hint, result.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Talk, StringComparison.Ordinal);
    }
}
