using System.Reflection;
using System.Text.RegularExpressions;

namespace MergeHost.Tests;

/// <summary>What holds for the source of the host and the plugins: a folder is one idea, and a name means one type.</summary>
public sealed partial class SourceTests
{
    private const int MostColumns = 140;
    private const int MostFilesOfAFolder = 15;

    private static readonly string _repository = typeof(SourceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Repository").Value!;

    // Templates are the source of plugins that are yet to be written.
    private static readonly string[] _files =
    [
        .. new[] { "src", "plugins" }.SelectMany(Sources).Where(path => !path.Split('/').Contains("MergeHost.Templates"))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Folders_HoldFifteenFilesAtMost() =>
        Assert.Empty(_files.GroupBy(path => path[..path.LastIndexOf('/')]).Where(folder => folder.Count() > MostFilesOfAFolder)
            .Select(folder => $"{folder.Key}: {folder.Count()} files; group them by what a reader looks for"));

    // As `dotnet format` sorts them, which takes minutes for it to say.
    [Fact]
    public void Usings_AreInOrder() => Assert.DoesNotContain(_files.Concat(Sources("tests")), path =>
    {
        string[] usings = [.. Using().Matches(File.ReadAllText(Path.Combine(_repository, path)))
            .Select(match => match.Groups["name"].Value)];
        return !usings.SequenceEqual(usings.OrderBy(name => name != "System" && !name.StartsWith("System.", StringComparison.Ordinal))
            .ThenBy(name => name.Replace('.', '\0'), StringComparer.OrdinalIgnoreCase));
    });

    [Fact]
    public void Lines_HaveAtMost140Columns() =>
        Assert.Empty(_files.Concat(Sources("tests")).Where(path => !path.Contains("/fixtures/", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(Path.Combine(_repository, path)).Index()
                .Where(line => line.Item.Length > MostColumns).Select(line => $"{path}:{line.Index + 1}: {line.Item.Length} columns")));

    [Fact]
    public void Types_HaveNamesOfTheirOwn()
    {
        // A type and its generic form, or a type in parts, are one idea in one folder.
        ILookup<string, string> folders = _files.SelectMany(
            path => Declaration().Matches(File.ReadAllText(Path.Combine(_repository, path))),
            (path, declaration) => (Name: declaration.Groups["name"].Value, Folder: path[..path.LastIndexOf('/')])).Distinct()
            .ToLookup(type => type.Name, type => type.Folder);
        Assert.True(folders.Count > 500, "the types are not found");
        Assert.Empty(folders.Where(type => type.Count() > 1).Select(type => $"{type.Key}: {string.Join(", ", type)}"));
    }

    // The file turns on the analyzer and the validation of the package (Directory.Build.targets).
    [Theory]
    [InlineData("Abstractions")]
    [InlineData("Architectures")]
    [InlineData("Kernels")]
    [InlineData("Storage")]
    [InlineData("Testing")]
    [InlineData("Tokenizers")]
    [InlineData("Torch")]
    public void Contracts_HaveAFileOfTheirApi(string name)
    {
        string project = Path.Combine(_repository, "src", "MergeHost." + name);

        Assert.True(File.Exists(Path.Combine(project, "PublicAPI.Shipped.txt")));
        Assert.True(File.ReadLines(Path.Combine(project, "PublicAPI.Unshipped.txt"))
            .Count(line => line.StartsWith("MergeHost.", StringComparison.Ordinal)) > 3);
    }

    private static IEnumerable<string> Sources(string root) =>
        Directory.EnumerateFiles(Path.Combine(_repository, root), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_repository, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"^using (?<name>[A-Z][\w.]*);", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Using();

    // Types of a file's own namespace, which begin their line.
    [GeneratedRegex(
        @"^(?:(?:public|internal|static|sealed|abstract|readonly|ref|partial|unsafe)\s+)+"
            + @"(?:class|struct|interface|enum|record(?:\s+(?:struct|class))?)\s+(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Declaration();
}
