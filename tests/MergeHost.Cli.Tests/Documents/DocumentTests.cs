namespace MergeHost.Cli.Tests.Documents;

/// <summary>Every block of code that users read is run, is a copy of what is tested, or says why not.</summary>
public sealed class DocumentTests
{
    // Blocks that no machine of the tests can run; a new one is a decision.
    private const int NotRun = 14;

    public static TheoryData<string> WithCode =>
        [.. Markdown.All.Where(path => BlocksOf(path).Any(block => block.Language is not ("" or "text")))];

    public static TheoryData<string> Everything => [.. Markdown.All];

    [Theory]
    [MemberData(nameof(WithCode))]
    public void Blocks_OfADocument_AreTrue(string path)
    {
        using DocumentFolder folder = new();
        List<string> mistakes = [];
        HashSet<string> unused = [];
        foreach (CodeBlock block in BlocksOf(path).Where(block => block.NotRun is null))
        {
            string place = $"{path}({block.Line})";
            switch (block)
            {
                case { Language: "" or "text" }:
                    break;
                case { Source: { } source }:
                    if (block.Text.TrimEnd() != Markdown.Read(source).TrimEnd())
                    {
                        mistakes.Add($"{place}: the block is not what {source} holds");
                    }

                    break;
                case { TestedBy: { } test }:
                    if (!Directory.EnumerateFiles(Path.Combine(Cli.Repository, "tests"), $"{test}.cs", SearchOption.AllDirectories).Any())
                    {
                        mistakes.Add($"{place}: there is no test {test}");
                    }

                    break;
                case { Language: "console" }:
                    unused.RemoveWhere(name => block.Text.Contains(name, StringComparison.Ordinal));
                    mistakes.AddRange(Type(folder, block).Select(mistake => $"{place}: {mistake}"));
                    break;
                case { FileName: { Length: > 0 } name }:
                    unused.RemoveWhere(other => block.Text.Contains(other, StringComparison.Ordinal));
                    folder.Write(name, block.Text);
                    unused.Add(name);
                    break;
                default:
                    mistakes.Add($"{place}: a block of {block.Language} has a file name, a source, a test, or a reason why it is not run");
                    break;
            }
        }

        mistakes.AddRange(unused.Select(name => $"{path}: no command and no file below uses '{name}'"));
        Assert.True(mistakes.Count == 0, string.Join("\n\n", mistakes));
    }

    [Fact]
    public void Blocks_ThatAreNotRun_AreCounted() =>
        Assert.Equal(NotRun, Markdown.All.Sum(path => BlocksOf(path).Count(block => block.NotRun is not null)));

    [Theory]
    [MemberData(nameof(Everything))]
    public void Links_OfADocument_LeadSomewhere(string path)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Cli.Repository, path))!;
        Assert.All(Markdown.Links(Markdown.Read(path)), link =>
        {
            string[] parts = link.Split('#');
            string target = parts[0].Length == 0 ? Path.Combine(Cli.Repository, path) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(Path.Exists(target), $"{path}: '{link}' leads nowhere");
            if (parts.Length > 1 && target.EndsWith(".md", StringComparison.Ordinal))
            {
                Assert.True(Markdown.Places(File.ReadAllText(target)).Contains(parts[1]), $"{path}: '{link}': there is no such place");
            }
        });
    }

    private static IReadOnlyList<CodeBlock> BlocksOf(string path) => CodeBlock.Read(Markdown.Read(path));

    private static IEnumerable<string> Type(DocumentFolder folder, CodeBlock block)
    {
        foreach (ConsoleBlock command in ConsoleBlock.Read(block.Text))
        {
            CliResult result = folder.Type(command.Command, command.Talks);
            if (result.ExitCode == 0 == command.Fails || !command.IsLike(result.Output.TrimEnd('\n').Split('\n')))
            {
                string expected = command.Fails ? "an error" : "exit code 0";
                yield return $"$ {command.Command}\nexpected {expected} and\n{string.Join('\n', command.Expected)}\n"
                    + $"found exit code {result.ExitCode} and\n{result.Output}{result.Talk}";
            }
        }
    }
}
