using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>A fenced block of a Markdown file.</summary>
/// <param name="Line">The line of its fence, from 1.</param>
/// <param name="Language">The first word behind the fence, such as <c>console</c>.</param>
/// <param name="FileName">The second one: the file that the block is the content of, or empty.</param>
/// <param name="Text">What is between the fences, with a line feed at the end.</param>
/// <param name="Mark">What the comment above it says, such as <c>not run: needs a GPU</c>, or empty.</param>
internal sealed partial record CodeBlock(int Line, string Language, string FileName, string Text, string Mark)
{
    /// <summary>The reason why the block is not run, or <see langword="null"/>.</summary>
    public string? NotRun => After("not run: ");

    /// <summary>The file of the repository that the block repeats, or <see langword="null"/>.</summary>
    public string? Source => After("from ");

    /// <summary>The class that tests the block in another way, or <see langword="null"/>.</summary>
    public string? TestedBy => After("tested by ");

    public static IReadOnlyList<CodeBlock> Read(string markdown)
    {
        List<CodeBlock> blocks = [];
        string[] lines = markdown.Split('\n');
        string above = "";
        for (int i = 0; i < lines.Length; i++)
        {
            if (Fence.Match(lines[i]) is not { Success: true } fence)
            {
                above = lines[i].Length > 0 ? lines[i] : above;
                continue;
            }

            int end = Array.FindIndex(lines, i + 1, line => line.TrimEnd() == fence.Groups["fence"].Value);
            Assert.True(end > i, $"line {i + 1}: the block has no end");
            string text = string.Concat(lines[(i + 1)..end].Select(line => line + "\n"));
            string mark = Comment.Match(above).Groups["mark"].Value;
            blocks.Add(new CodeBlock(i + 1, fence.Groups["language"].Value, fence.Groups["file"].Value, text, mark));
            (above, i) = ("", end);
        }

        return blocks;
    }

    private string? After(string word) => Mark.StartsWith(word, StringComparison.Ordinal) ? Mark[word.Length..] : null;

    [GeneratedRegex(@"^(?<fence>```+)(?<language>[a-z]*) ?(?<file>\S*)\s*$")]
    private static partial Regex Fence { get; }

    [GeneratedRegex(@"<!-- (?<mark>(not run: |from |tested by ).+?) -->\s*$")]
    private static partial Regex Comment { get; }
}
