namespace MergeHost.Tests;

public sealed class ErrorCodesTests
{
    [Fact]
    public void All_IsEveryCodeOnceInOrder()
    {
        string[] ids = [.. ErrorCodes.All.Select(code => code.Id)];
        Assert.Equal(typeof(ErrorCodes).GetFields().Length, ids.Length);
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(ids, id => Assert.Matches("^MH[1-7][0-9]{3}$", id));
        Assert.All(ErrorCodes.All, code => Assert.Matches("^[A-Zc].*[^.]$", code.Title));
    }

    [Theory]
    [InlineData("MH0001", 1)]
    [InlineData("MH1004", 3)]
    [InlineData("MH2007", 4)]
    [InlineData("MH3001", 5)]
    [InlineData("MH4001", 6)]
    [InlineData("MH5002", 6)]
    [InlineData("MH6001", 7)]
    [InlineData("MH7001", 4)]
    public void ExitCode_OfACode_IsThatOfItsArea(string id, int exitCode)
    {
        ErrorCode code = new(id, "Something");
        Assert.Equal(exitCode, code.ExitCode);
        Assert.Equal(id, code.ToString());
    }
}
