using System.Globalization;

namespace MergeHost.Tests.Readme;

public sealed class ReadmeTests
{
    private const string Readme = "src/MergeHost.Abstractions/README.md";

    [Fact]
    public void Codes_InTheReadme_AreThoseThatThereAre()
    {
        IEnumerable<string> rows = ErrorCodes.All.Select(
            code => string.Create(CultureInfo.InvariantCulture, $"| {code.Id} | {code.Title} | {code.ExitCode} |"));
        Document.Verify(Readme, "| code | what went wrong | exit code |\n| --- | --- | --- |\n", "\n\n", string.Join('\n', rows));
    }

    [Fact]
    public void Example_InTheReadme_IsTheStrategyThatIsTestedHere() =>
        Document.Verify(
            Readme, "```csharp\n", "```", Document.Read("tests/MergeHost.Abstractions.Tests/Readme/ClippedStrategy.cs"));

    [Fact]
    public void ProjectFile_InTheReadme_AsksForTheseContracts()
    {
        string version = typeof(Problem).Assembly.GetName().Version!.ToString(2);
        Assert.Contains(
            $"Include=\"MergeHost.Abstractions\" Version=\"{version}.*\"", Document.Read(Readme), StringComparison.Ordinal);
    }
}
