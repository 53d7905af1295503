using System.Text.RegularExpressions;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>Every code has a page, every page a code, and every code is raised somewhere.</summary>
public sealed partial class ErrorPageTests
{
    // Sources and build files are asked, not the assemblies: a code that is declared and never used is one too many.
    private static readonly string[] _sources =
    [
        .. new[] { "src", "plugins" }.SelectMany(folder => FilesOf(Path.Combine(Cli.Repository, folder))),
        Path.Combine(Cli.Repository, "Directory.Build.targets"),
    ];

    private static readonly string[] _pages =
        [.. Markdown.All.Where(path => Path.GetFileName(path).StartsWith("MH", StringComparison.Ordinal))];

    public static TheoryData<string> Pages => [.. _pages];

    [Fact]
    public void Codes_OfProgramBuildAndCompiler_EachHaveAPage()
    {
        IEnumerable<string> build = _sources.SelectMany(path => BuildCode.Matches(File.ReadAllText(path)))
            .Select(match => match.Groups["code"].Value);
        Assert.Equal(
            ErrorCodes.All.Select(code => code.Id).Concat(build).Distinct().Order(StringComparer.Ordinal),
            _pages.Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Codes_AreEachRaisedSomewhere()
    {
        string code = string.Concat(_sources.Where(path => Path.GetFileName(path) != "ErrorCodes.cs").Select(File.ReadAllText));
        Assert.All(typeof(ErrorCodes).GetFields(), field => Assert.Matches($@"ErrorCodes\.{field.Name}\b", code));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_HasTheCodesTitle_WhatToDo_AndAnExampleOfTheCode(string path)
    {
        string page = Markdown.Read(path);
        string id = Path.GetFileNameWithoutExtension(path);
        Match title = Title.Match(page);
        Assert.Equal(id, title.Groups["code"].Value);
        Assert.All(ErrorCodes.All.Where(code => code.Id == id), code => Assert.Equal(code.Title, title.Groups["title"].Value));
        Assert.Contains("\n## What to do\n", page, StringComparison.Ordinal);
        Assert.Contains($" {id}", page[page.IndexOf("\n## Example\n", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void Index_ListsEveryPage_WithTheExitCodeOfItsError()
    {
        const string heading = "| --- | --- | --- |\n";
        string index = Markdown.Read("docs/errors/index.md");
        IEnumerable<string> rows = _pages.Select(path => Row(Title.Match(Markdown.Read(path))));
        Markdown.Verify("docs/errors/index.md", index[..index.IndexOf(heading, StringComparison.Ordinal)] + heading + string.Concat(rows));
    }

    [Theory]
    [InlineData("MH2011")]
    [InlineData("mh1002")]
    public void Explain_PrintsThePage(string code)
    {
        CliResult explained = Cli.Run("explain", code);
        Assert.Equal((0, ""), (explained.ExitCode, explained.Talk));
        string page = Link.Replace(Markup.Replace(Markdown.Read($"docs/errors/{code.ToUpperInvariant()}.md"), ""), "${text}");
        Assert.Equal(Words(page), Words(explained.Output));
    }

    [Fact]
    public void Explain_WithoutACode_ListsAll() =>
        Assert.Equal(_pages.Length, Cli.Run("explain").Output.TrimEnd().Split('\n').Length);

    [Fact]
    public void Explain_OfNoCode_SaysWhatCodesAre()
    {
        CliResult explained = Cli.Run("explain", "MH9999");
        Assert.Equal(2, explained.ExitCode);
        Assert.Contains("'MH9999' is no code", explained.Talk, StringComparison.Ordinal);
    }

    private static IEnumerable<string> FilesOf(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => Path.GetExtension(path) is ".cs" or ".targets" && !Built.IsMatch(path));

    private static string Row(Match title)
    {
        string id = title.Groups["code"].Value;
        string exitCode = ErrorCodes.All.FirstOrDefault(code => code.Id == id) is { } code ? $"{code.ExitCode}" : "";
        return $"| [{id}]({id}.md) | {title.Groups["title"].Value} | {exitCode} |\n";
    }

    private static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("/(bin|obj)/")]
    private static partial Regex Built { get; }

    [GeneratedRegex(@"(Code=""|Rule\(\s*"")(?<code>MH0\d{3})""")]
    private static partial Regex BuildCode { get; }

    [GeneratedRegex(@"^# (?<code>MH\d{4}): (?<title>.+)")]
    private static partial Regex Title { get; }

    [GeneratedRegex(@"^```.*$|^#+ ", RegexOptions.Multiline)]
    private static partial Regex Markup { get; }

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\([^)]+\)")]
    private static partial Regex Link { get; }
}
