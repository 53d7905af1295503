using System.Reflection;

namespace MergeHost.Tests.Readme;

/// <summary>
/// A part of a Markdown file that is made from the code: a test verifies it, and rewrites it when <c>MERGEHOST_REWRITE</c> is 1.
/// </summary>
internal static class Document
{
    private static readonly string _root = typeof(Document).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepoRoot").Value!;

    /// <summary>The text of a file of the repository.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(_root, path));

    /// <summary>Asserts that what stands between two texts, the first time that they do, is as it should be.</summary>
    public static void Verify(string path, string begin, string end, string expected)
    {
        string text = Read(path);
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = text.IndexOf(end, from, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to >= from, $"{path}: nothing stands between '{begin.Trim()}' and '{end.Trim()}'");
        if (Environment.GetEnvironmentVariable("MERGEHOST_REWRITE") == "1")
        {
            File.WriteAllText(Path.Combine(_root, path), text[..from] + expected + text[to..]);
            return;
        }

        Assert.Equal(expected, text[from..to]);
    }
}
