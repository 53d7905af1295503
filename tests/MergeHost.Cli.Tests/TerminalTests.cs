using MergeHost.Cli.Output.Formatting;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>What fits a terminal, and its colours.</summary>
public sealed class TerminalTests
{
    private static readonly string[][] _table =
    [
        ["task", "metric", "base", "finance", "mathematics"],
        ["general_words", "accuracy", "40.49 ±3.46", "58.32 ±7.35", "190.14 ±37.22"],
    ];

    [Fact]
    public void Lines_WithRoom_AreOneARow() =>
        Assert.Equal(["task           metric    base         finance      mathematics",
            "general_words  accuracy  40.49 ±3.46  58.32 ±7.35  190.14 ±37.22"], Columns.Lines(_table, int.MaxValue));

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(64)]
    public void Lines_WithoutRoom_ShowColumnsInBlocksWithWhatARowIs(int width)
    {
        string[] lines = [.. Columns.Lines(_table, width, keys: 2)];
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.All(lines.Where(line => line.Contains('±', StringComparison.Ordinal)),
            line => Assert.StartsWith("general_words  accuracy  ", line, StringComparison.Ordinal));
        Assert.All(_table[1], cell => Assert.Contains(lines, line => line.Contains(cell, StringComparison.Ordinal)));
    }

    [Fact]
    public void Lines_WithALongLastColumnOfWords_AreWrapped() =>
        Assert.Equal(
            ["mlp.up_proj  restore layer", "             1, 2, 3"],
            Columns.Lines([["mlp.up_proj", "restore layer 1, 2, 3"]], 28));

    [Theory]
    [InlineData("a word-that-is-too-long b", 8, new[] { "a", "word-tha", "t-is-too", "-long b" })]
    [InlineData("one two three", 7, new[] { "one two", "three" })]
    [InlineData("", 7, new string[0])]
    public void Wrap_AtAWidth_LosesNothing(string text, int width, string[] lines) => Assert.Equal(lines, WrappedText.Lines(text, width));

    [Fact]
    public void Wrap_WithAHangingIndent_IndentsAllButTheFirstLine() =>
        Assert.Equal(["one two three", "  four five"], WrappedText.Lines("one two three four five", 13, hanging: 2));

    [Theory]
    [InlineData("out: ties of base, math, finance", "out: ties of base,\n  math, finance")]
    [InlineData("  note: one two three four", "  note: one two three\n    four")]
    [InlineData("as short as a line is", "as short as a line is")]
    [InlineData("  verify /a/path/that/is/longer", "  verify /a/path/that/is/longer")]
    public void Write_OfALineThatIsLongerThanTheTerminal_WrapsItBetweenWords(string line, string lines)
    {
        StringWriter terminal = new();
        using (WrappingWriter writer = new(terminal, 21))
        {
            writer.WriteLine(line);
        }

        Assert.Equal(lines + "\n", terminal.ToString());
    }

    [Fact]
    public void Problem_WithColours_TellsPlaceKindAndHintApart()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["typo.yaml"], "merge_method: tiess\nmodels: [{model: recipes/quickstart/base}]\n");
        string talk = Cli.Run("plan", folder["typo.yaml"], "--color", "always").Talk;
        Assert.Contains($"\e[1m{folder["typo.yaml"]}(1,15): \e[0m\e[31merror MH1002:\e[0m no strategy 'tiess'", talk,
            StringComparison.Ordinal);
        Assert.Contains("\e[36mhint:\e[0m did you mean 'ties'?", talk, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", Cli.Run("plan", folder["typo.yaml"]).Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", Cli.Run("plan", folder["typo.yaml"], "--color", "never").Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("torch install gpu", "error: 'gpu' is none of cpu, cuda\nhint: did you mean 'cpu'?\n")]
    [InlineData("completions fisch", "error: 'fisch' is none of bash, zsh, fish, pwsh\nhint: did you mean 'fish'?\n")]
    [InlineData("plan a.yaml --color allways", "error: 'allways' is none of auto, always, never\nhint: did you mean 'always'?\n")]
    public void Usage_WithAWordThatIsNoneOfAList_NamesTheListAndTheNearest(string arguments, string talk)
    {
        CliResult run = Cli.Run(arguments.Split(' '));
        Assert.Equal((2, talk), (run.ExitCode, run.Talk));
    }

    [Fact]
    public void Usage_WithColours_HasThoseThatAreAskedFor()
    {
        Assert.StartsWith("\e[31merror:\e[0m 'mergehost' has no command 'mrge'", Cli.Run("mrge", "--color", "always").Talk,
            StringComparison.Ordinal);
        Assert.StartsWith("error: 'mergehost' has no command 'mrge'", Cli.Run("mrge").Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithVerbose_SaysWhatIsDecided()
    {
        using TemporaryFolder folder = new();
        string talk = Cli.Run("merge", "recipes/linear.yaml", folder["out"], "-v").Talk;
        Assert.Contains("output: linear by plugin averaging ", talk, StringComparison.Ordinal);
        Assert.Contains("  38 tensors elementwise, such as ", talk, StringComparison.Ordinal);
        Assert.Contains("seed 0; cache ", talk, StringComparison.Ordinal);
    }
}
