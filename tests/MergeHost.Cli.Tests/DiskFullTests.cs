using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>Merges onto disks of memory that are too small for them.</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // From too small for the weights, by room for them but not for what comes after, to just enough.
    [SmallDiskTheory]
    [InlineData(4000)]
    [InlineData(5640)]
    [InlineData(5652)]
    [InlineData(5700)]
    [InlineData(5780)]
    [InlineData(5800)]
    [InlineData(6400)]
    public void Merge_OntoADiskThatIsTooSmall_SaysSoAndLeavesNothingThatLooksWhole(int kilobytes)
    {
        int exitCode = Run(kilobytes, $"merge --quiet --no-evaluate {Cli.Repository}/recipes/quickstart.yaml out");
        Assert.Contains(exitCode, kilobytes <= 5700 ? [6] : kilobytes < 6400 ? [0, 6] : (int[])[0]);
    }

    [SmallDiskTheory]
    [InlineData(1000)]
    [InlineData(3060)]
    [InlineData(3200)]
    [InlineData(4000)]
    public void Convert_ToGgufOntoADiskThatIsTooSmall_SaysSoAndLeavesNothingThatLooksWhole(int kilobytes)
    {
        int exitCode = Run(kilobytes, $"convert --quiet {Cli.Repository}/recipes/quickstart/base out --to gguf --type q8_0");
        Assert.Contains(exitCode, kilobytes < 3000 ? [6] : kilobytes < 4000 ? [0, 6] : (int[])[0]);
    }

    public void Dispose() => _folder.Dispose();

    // It ends well, or says that the disk is full.
    private int Run(int kilobytes, string arguments)
    {
        (int exitCode, string talk) = SmallDisk.Run(
            _folder.Path, kilobytes,
            $"dotnet {Cli.Program} {arguments}; code=$?; dotnet {Cli.Program} verify out >/dev/null 2>&1; echo verify $?; exit $code");
        Assert.Contains(exitCode == 0 ? "verify 0" : "error MH5002", talk, StringComparison.Ordinal);
        Assert.Contains(exitCode == 0 ? "verify 0" : "verify 6", talk, StringComparison.Ordinal);
        return exitCode;
    }
}

/// <summary>A theory that needs to mount disks of its own.</summary>
public sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> _whyNot = new(() => SmallDisk.WhyNot);

    public SmallDiskTheoryAttribute() => Skip = _whyNot.Value;
}

/// <summary>A disk of memory that only one command sees.</summary>
internal static class SmallDisk
{
    /// <summary>Why there can be none here, or <see langword="null"/>.</summary>
    public static string? WhyNot
    {
        get
        {
            using TemporaryFolder folder = new();
            try
            {
                return Run(folder.Path, 100, "true").ExitCode == 0 ? null : "mounting is not allowed here";
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return "there is no unshare here";
            }
        }
    }

    /// <summary>Runs a command in a folder on such a disk.</summary>
    public static (int ExitCode, string Talk) Run(string folder, int kilobytes, string command)
    {
        ProcessStartInfo start = new("unshare",
            ["-rm", "sh", "-c", $"mount -t tmpfs -o size={kilobytes}K none {folder} && cd {folder} && {{ {command}; }} 2>&1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string talk = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, talk);
    }
}
