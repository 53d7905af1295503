using MergeHost.Cli.Output;

namespace MergeHost.Cli.Tests;

public sealed class ProblemListTests
{
    [Fact]
    public void Of_SeveralProblems_OrdersThemByPlaceAndCountsThem()
    {
        string[] lines = Lines(At(9, 1, "b"), At(2, 7, "a"), At(2, 3, "c"), At(2, 3, "c"));
        Assert.Equal(["x(2,3): error MH1003: c", "hint: same", "x(2,7): error MH1003: a", "x(9,1): error MH1003: b", "3 errors"], lines);
    }

    [Fact]
    public void Of_MoreThanCanBeRead_SaysHowManyAreLeft()
    {
        string[] lines = Lines([.. Enumerable.Range(1, 3_000).Select(line => At(line, 1, $"field {line}"))]);
        Assert.InRange(lines.Length, 20, 110);
        Assert.Equal(["and 2,980 more of the same kinds; --json shows all", "3,000 errors"], lines[^2..]);
    }

    [Fact]
    public void Of_TextOfOthers_SteersNoTerminal() =>
        Assert.DoesNotContain('\e', string.Concat(Lines(At(1, 1, "\e[2J" + new string('x', 100_000)))));

    private static Problem At(int line, int column, string message) =>
        new(ErrorCodes.UnknownField, message, "same", new TextPlace("x", line, column));

    private static string[] Lines(params Problem[] problems) => [.. ProblemList.Of(problems).Lines];
}
