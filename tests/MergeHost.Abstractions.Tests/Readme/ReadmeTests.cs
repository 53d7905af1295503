namespace MergeHost.Tests.Readme;

public sealed class ReadmeTests
{
    private const string Readme = "src/MergeHost.Abstractions/README.md";

    [Fact]
    public void ProjectFile_InTheReadme_AsksForTheseContracts()
    {
        string version = typeof(Problem).Assembly.GetName().Version!.ToString(2);
        Assert.Contains(
            $"Include=\"MergeHost.Abstractions\" Version=\"{version}.*\"", Document.Read(Readme), StringComparison.Ordinal);
    }
}
