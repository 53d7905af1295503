using System.Reflection;

namespace MergeHost.Tests.Readme;

/// <summary>Files of the repository that tests compare with the code.</summary>
internal static class Document
{
    private static readonly string _root = typeof(Document).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepoRoot").Value!;

    /// <summary>The text of a file of the repository.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(_root, path));
}
