namespace MergeHost.Tests;

public sealed class MergeHostExceptionTests
{
    private static readonly Problem _warning =
        new(ErrorCodes.UnusedFilter, "filter 'x' matches no tensor", Severity: Severity.Warning);
    private static readonly Problem _first = new(ErrorCodes.UnknownStrategy, "no strategy 'tiess'");
    private static readonly Problem _second = new(ErrorCodes.Missing, "'models' is missing");

    [Fact]
    public void Message_OfSeveralProblems_HasALineEach() =>
        Assert.Equal($"{_first}{Environment.NewLine}{_second}", new MergeHostException([_first, _second]).Message);

    [Fact]
    public void Code_OfSeveralProblems_IsThatOfTheFirstError()
    {
        Assert.Equal(ErrorCodes.UnknownStrategy, new MergeHostException([_warning, _first, _second]).Code);
        Assert.Equal(ErrorCodes.UnusedFilter, new MergeHostException([_warning]).Code);
    }

    [Fact]
    public void Exception_WithoutAProblem_IsRefused() =>
        Assert.Throws<ArgumentException>("problems", () => new MergeHostException([]));

    [Fact]
    public void InnerException_OfOneProblem_IsKept()
    {
        IOException inner = new("disk on fire");
        Assert.Same(inner, new MergeHostException(_first, inner).InnerException);
    }
}
