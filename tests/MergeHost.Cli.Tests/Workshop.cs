using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

[CollectionDefinition(Workshop.Name)]
public sealed class WorkshopTests : ICollectionFixture<Workshop>;

/// <summary>A folder outside the repository in which a third party builds plugins, against packages
/// that were made of the repository once.</summary>
public sealed class Workshop : IDisposable
{
    /// <summary>The tests that share it, which run one after the other.</summary>
    public const string Name = "workshop";

    private readonly TemporaryFolder _folder = new();

    public Workshop()
    {
        // The packages that the contracts need are in the cache of the build that made this test; no other feed is asked.
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(_folder["nuget.config"], $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><clear /><add key="built" value="feed" /><add key="cache" value="{cache}" /></packageSources>
            </configuration>
            """);
        Assert.Equal("", Dotnet(Cli.Repository, "msbuild", ".ci/packages.proj", "-m", "-v:q", "-p:NoBuild=true", $"-p:Feed={Feed}"));
    }

    /// <summary>The packages of the contracts and of the test kit.</summary>
    public string Feed => _folder["feed"];

    /// <summary>A new folder in it.</summary>
    public string this[string name] => Directory.CreateDirectory(_folder[name]).FullName;

    public void Dispose() => _folder.Dispose();

    /// <summary>Makes a solution of all projects below a folder.</summary>
    /// <returns>Its path.</returns>
    public static string Solution(string folder)
    {
        string path = Path.Combine(folder, "All.slnx");
        IEnumerable<string> projects = Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal);
        File.WriteAllText(path,
            "<Solution>" + string.Concat(projects.Select(project => $"""<Project Path="{Path.GetRelativePath(folder, project)}" />"""))
                + "</Solution>");
        return path;
    }

    /// <summary>Runs <c>dotnet</c> in a folder.</summary>
    /// <returns>What it said if it failed, else nothing.</returns>
    public static string Dotnet(string folder, params string[] arguments) => Dotnet(folder, arguments, []);

    /// <summary>Runs <c>dotnet</c> in a folder, with some variables set.</summary>
    public static string Dotnet(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };

        // What the test run sets for itself must not steer a build of somebody else's.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))
            .ToList())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : output;
    }
}
