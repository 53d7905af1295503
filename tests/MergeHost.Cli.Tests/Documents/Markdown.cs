using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>The Markdown files of the repository that users read.</summary>
internal static partial class Markdown
{
    /// <summary>Their paths, from the repository's root, in order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "THIRD-PARTY-NOTICES.md",
        "plugins/README.md", "src/MergeHost.Abstractions/README.md", "recipes/quickstart/LICENSES.md",
        .. Directory.EnumerateFiles(Path.Combine(Cli.Repository, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Cli.Repository, path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public static string Read(string path) => File.ReadAllText(Path.Combine(Cli.Repository, path));

    /// <summary>Asserts that a generated file is current; with <c>MERGEHOST_REWRITE=1</c>, writes it.</summary>
    public static void Verify(string path, string expected)
    {
        string file = Path.Combine(Cli.Repository, path);
        if (Environment.GetEnvironmentVariable("MERGEHOST_REWRITE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, expected);
        }

        Assert.True(File.Exists(file), $"there is no {path}: run the test with MERGEHOST_REWRITE=1");
        Assert.Equal(expected, File.ReadAllText(file));
    }

    /// <summary>Where the links of a document lead: to files and to its own places (<c>#errors</c>), not to other machines.</summary>
    public static IEnumerable<string> Links(string markdown) => Link.Matches(Code.Replace(markdown, ""))
        .Select(match => match.Groups["target"].Value).Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>The places of a document that links may name: its headings as GitHub and docfx write them, and named anchors.</summary>
    public static IEnumerable<string> Places(string markdown) =>
    [
        .. Heading.Matches(Fenced.Replace(markdown, "")).Select(match => PlaceOf(match.Groups["text"].Value)),
        .. Anchor.Matches(markdown).Select(match => match.Groups["id"].Value),
    ];

    private static string PlaceOf(string heading) => Unwanted.Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link { get; }

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code { get; }

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced { get; }

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"[^\p{L}\p{Nd} _-]")]
    private static partial Regex Unwanted { get; }

    [GeneratedRegex(@"<a id=""(?<id>[^""]+)""")]
    private static partial Regex Anchor { get; }
}
