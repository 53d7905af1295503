using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>A test of what <c>.ci/pack</c> made, in the folder that <c>MERGEHOST_RELEASE</c> names; skipped where there is none.</summary>
public sealed class ReleaseFactAttribute : FactAttribute
{
    public static string? Folder { get; } = Environment.GetEnvironmentVariable("MERGEHOST_RELEASE");

    public ReleaseFactAttribute() => Skip = Folder is null ? "MERGEHOST_RELEASE names no folder" : null;
}

/// <summary>The program as users have it: installed from its package into an empty home, and run from there.</summary>
public sealed class InstalledToolTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [ReleaseFact]
    public void Tool_InAnEmptyHome_IsInstalledAndMergesTheQuickStart_AndAsksForLibtorchToMeasureIt()
    {
        Run("dotnet", "tool", "install", "mergehost", "--tool-path", _home["bin"], "--add-source", ReleaseFactAttribute.Folder!,
            "--ignore-failed-sources");
        string program = Path.Combine(_home["bin"], "mergehost");
        Assert.Contains("strategy 'ties'", Run(program, "plugins", "list").Output, StringComparison.Ordinal);
        Assert.Contains("libtorch 2.10 is not installed", Run(program, "doctor").Output, StringComparison.Ordinal);

        Run(program, "init", "--example", _home["example"], "--source", ReleaseFactAttribute.Folder!);
        string recipe = Path.Combine(_home["example"], "quickstart.yaml");
        CliResult merged = Try(program, "merge", recipe, _home["out"]);
        Assert.Equal(5, merged.ExitCode);
        Assert.Contains("is finished; only the measuring of it is not", merged.Talk, StringComparison.Ordinal);
        Assert.Contains("`mergehost torch install cpu`", merged.Talk, StringComparison.Ordinal);
        Assert.Contains("every file and every tensor is what was written", Run(program, "verify", _home["out"]).Output,
            StringComparison.Ordinal);
        Assert.Contains("already complete", Run(program, "merge", recipe, _home["out"], "--no-evaluate").Output, StringComparison.Ordinal);
    }

    [ReleaseFact]
    public void Packages_HoldNoLibtorch_AndAreSmall()
    {
        FileInfo[] packages = new DirectoryInfo(ReleaseFactAttribute.Folder!).GetFiles("*.nupkg");
        Assert.NotEmpty(packages);
        Assert.All(packages, package =>
        {
            using System.IO.Compression.ZipArchive zip = System.IO.Compression.ZipFile.OpenRead(package.FullName);
            Assert.DoesNotContain(zip.Entries, entry => entry.Name.StartsWith("libtorch", StringComparison.Ordinal));
        });
        Assert.All(packages.Where(package => package.Name.StartsWith("mergehost.", StringComparison.Ordinal)),
            package => Assert.InRange(package.Length, 1, 20_000_000));
        Assert.All(packages.Where(package => package.Name.StartsWith("mergehost.linux", StringComparison.Ordinal)), package =>
        {
            using System.IO.Compression.ZipArchive zip = System.IO.Compression.ZipFile.OpenRead(package.FullName);
            Assert.Contains(zip.Entries, entry => entry.FullName == "share/man/man1/mergehost-merge.1");
        });
    }

    private CliResult Run(string program, params string[] arguments)
    {
        CliResult result = Try(program, arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Talk);
        return result;
    }

    private CliResult Try(string program, params string[] arguments)
    {
        ProcessStartInfo start =
            new(program, arguments) { WorkingDirectory = _home.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("MERGEHOST", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        // The package cache stays: it holds what is installed once and for all.
        start.Environment["NUGET_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        start.Environment["HOME"] = _home.Path;
        start.Environment["XDG_CACHE_HOME"] = null;
        start.Environment["DOTNET_CLI_HOME"] = _home.Path;
        using Process process = Process.Start(start)!;
        Task<string> talk = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output, talk.Result);
    }
}
