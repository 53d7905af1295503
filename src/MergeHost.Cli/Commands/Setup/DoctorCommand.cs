using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Kernels.Vectors;
using MergeHost.Packages;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Storage;
using MergeHost.Torch;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost doctor</c></summary>
internal static class DoctorCommand
{
    // What steers the program.
    private static readonly string[] _variables =
    [
        PluginRoots.HomeVariable, PluginRoots.PathVariable, TorchLibrary.FolderVariable, "MERGEHOST_LANES", "MERGEHOST_LOG",
        "MERGEHOST_TORCH_COMPAT",
        "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "NO_COLOR",
    ];

    public static Command Create()
    {
        Command command =
            new("doctor", "Shows what is installed and what is missing: versions, processor, plugins, libtorch, GPU, caches, feeds.")
        {
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            PluginsSummary plugins = engine.ListPlugins();
            DoctorReport report = new(
                ProgramVersion.Current,
                $"{Environment.ProcessorCount} cores, lanes "
                    + $"of {(LaneWidths.Current == LaneWidth.Scalar ? "one element" : $"{LaneWidths.Current}"["Bits".Length..] + " bits")}",
                        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
                [.. plugins.Roots.Select(root => new PluginRoot(root,
                    plugins.Plugins.Count(plugin => plugin.Folder.StartsWith(root + Path.DirectorySeparatorChar,
                        StringComparison.Ordinal))))],
                Torch(), Tell(() => "found, by `--device cuda`", new DeviceSpec(DeviceKind.Cuda)), Cache(), Feeds(),
                _variables.Where(name => Environment.GetEnvironmentVariable(name) is not null).ToDictionary(name => name, Shown));
            printer.Write(report, Describe);
            printer.Show(plugins.Problems);
            return plugins.Problems.Any(problem => problem.Severity == Severity.Error) ? ErrorCodes.PluginUnreadable.ExitCode : 0;
        }));
        return command;
    }

    private static Finding Torch() =>
        Tell(() => $"libtorch {TorchLibrary.Version} in {TorchLibrary.Folder}", new DeviceSpec(DeviceKind.TorchCpu));

    private static Finding Tell(Func<string> what, DeviceSpec device)
    {
        try
        {
            TorchLibrary.Require(device);
            return new Finding(true, what(), null);
        }
        catch (MergeHostException exception)
        {
            return new Finding(false, exception.Problems[0].Message, exception.Problems[0].Hint);
        }
    }

    private static Finding Feeds()
    {
        try
        {
            using PackageFeeds feeds = PackageFeeds.Open(null);
            return new Finding(true, string.Join(", ", feeds.Names), null);
        }
        catch (MergeHostException exception)
        {
            return new Finding(false, exception.Problems[0].Message, exception.Problems[0].Hint);
        }
    }

    private static CacheFolder? Cache()
    {
        if (UserFolder.Cache is not { } folder)
        {
            return null;
        }

        EnumerationOptions all =
            new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return new CacheFolder(folder,
            Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", all).Sum(file => file.Length) : 0);
    }

    private static string Shown(string name) =>
        name.EndsWith("TOKEN", StringComparison.Ordinal) ? "(set)" : Environment.GetEnvironmentVariable(name)!;

    private static void Describe(DoctorReport report)
    {
        List<string[]> rows =
        [
            ["mergehost", $"{report.Program.Version}, contracts {report.Program.Contracts}"],
            ["runs on", $"{report.Program.Runtime}, {report.Program.System}"],
            ["processor", report.Processor],
            ["memory", Bytes.Format(report.MemoryBytes)],
            .. report.Plugins.Select(root => new[] { "plugins",
                string.Create(CultureInfo.InvariantCulture, $"{root.Count} in {root.Folder}") }),
            .. Lines("libtorch", report.Torch),
            .. Lines("GPU", report.Gpu.Hint == report.Torch.Hint ? report.Gpu with { Hint = null } : report.Gpu),
            ["cache", report.Cache is { } cache
                ? $"{Bytes.Format(cache.Bytes)} in {cache.Folder}"
                : "none: the user has no folder for caches"],
            .. Lines("feeds", report.Feeds),
            .. report.Variables.Select(variable => new[] { variable.Key, variable.Value }),
        ];
        Columns.Write(rows);
    }

    private static IEnumerable<string[]> Lines(string name, Finding finding)
    {
        yield return [name, finding.What];
        if (finding.Hint is not null)
        {
            yield return ["", finding.Hint];
        }
    }

    internal sealed record DoctorReport(
        ProgramVersion Program, string Processor, long MemoryBytes, IReadOnlyList<PluginRoot> Plugins, Finding Torch, Finding Gpu,
        CacheFolder? Cache, Finding Feeds,
        IReadOnlyDictionary<string, string> Variables);

    internal sealed record PluginRoot(string Folder, int Count);

    internal sealed record Finding(bool IsThere, string What, string? Hint);

    internal sealed record CacheFolder(string Folder, long Bytes);
}
