using MergeHost.Testing;

namespace MergeHost.Tests;

public sealed class NamedTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("finanse.txt", 100, "there is no such file", "did you mean")]
    [InlineData("", 100, "this is a folder", "Name a text.")]
    [InlineData("finance.txt", 3, "expected", "Name a text.")]
    public void Read_OfWhatCannotBeRead_SaysSo_AndWhatToName(string name, int mostBytes, string message, string hint)
    {
        File.WriteAllText(_folder["finance.txt"], "text");
        Problem problem =
            Assert.Throws<MergeHostException>(() => NamedText.Read(_folder[name], mostBytes, ErrorCodes.BadTaskData,
                "Name a text.")).Problems[0];
        Assert.Equal(ErrorCodes.BadTaskData, problem.Code);
        Assert.StartsWith($"{_folder[name]}: {message}", problem.Message, StringComparison.Ordinal);
        Assert.StartsWith(hint, problem.Hint, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
