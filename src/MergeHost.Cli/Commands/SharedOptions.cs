using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MergeHost.Storage;

namespace MergeHost.Cli.Commands;

/// <summary>Options that several commands have, each declared once.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json { get; } =
        new("--json") { Description = "Write the result as JSON to stdout, progress and problems as lines of JSON to stderr" };

    public static Option<bool> Quiet { get; } =
        new("--quiet", "-q") { Description = "Say nothing but errors; data that was asked for is still written" };

    public static Option<bool> Trace { get; } =
        new("--trace") { Description = "Show where in its code a plugin failed", Recursive = true, Hidden = true };

    public static Option<string> Color { get; } = new Option<string>("--color")
    {
        Description = "When messages and tables have colours: auto (in a terminal, unless NO_COLOR is set), always or never",
        HelpName = "WHEN",
        DefaultValueFactory = _ => "auto",
        Recursive = true,
    }.AcceptOnlyFromAmong("auto", "always", "never");

    public static Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Say what is decided and why", Recursive = true };

    public static Option<string?> Plugins { get; } =
        new("--plugins") { Description = "A folder of plugins that goes before all others", HelpName = "FOLDER" };

    public static Option<string?> Source { get; } = new("--source")
    {
        Description = "The package feed to ask: a name in your NuGet.config, an address or a folder; all that are enabled by default",
        HelpName = "FEED",
    };

    public static Option<bool> Force { get; } = new("--force") { Description = "Replace what is in OUT" };

    public static Option<MergePart?> Part { get; } = PartOf("--part",
        "Do a part of the work, such as 2/4: on any machines that share folders, at once, twice or killed");

    public static Option<string?> Stage { get; } = new("--stage")
    {
        Description = "The stage that is made in parts, of a recipe with several; the last by default",
        HelpName = "NAME"
    };

    public static Option<bool> Stream { get; } =
        new("--stream") { Description = "Read models of a hub by ranges as they are needed, rather than download and check them first" };

    public static Option<int> Threads { get; } = new("--threads")
    {
        Description = "How many threads work",
        HelpName = "N",
        DefaultValueFactory = _ => new MergeOptions().Threads,
        CustomParser = ParseThreads,
    };

    public static Option<bool> Locked { get; } =
        new("--locked") { Description = "Use just the plugins of mergehost.lock.json, and fail if they differ" };

    public static Option<ByteSize> ShardSize { get; } = Size("--shard-size", "5GB", "The largest size of a file in the output's folder", 1);

    public static Option<string> Device { get; } = new("--device")
    {
        Description =
            "Where arithmetic is done: cpu, cuda, cuda:N, auto (cuda if there is one, else cpu) or torch-cpu (libtorch on the processor, "
                + "for tests)",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
        Validators = { CheckDevice },
    };

    public static Option<string?> Cache { get; } = new("--cache")
    {
        Description = "The folder that keeps singular values and results of benchmarks from run to run",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => UserFolder.Cache,
    };

    public static Option<bool> NoCache { get; } = new("--no-cache")
    {
        Description = "Neither read nor keep singular values and results of benchmarks",
        Validators = { CheckCache },
    };

    public static Option<ByteSize> ScoreMemory { get; } = Size("--memory", "1G",
        "How much memory matrices may take; a single large one may take more", 128L << 20);

    public static Option<ByteSize> Memory { get; } = Size("--memory", "320M", "How much memory the merge may take", 128L << 20);

    public static Option<string?> Html { get; } = new("--html")
    {
        Description = "Write a page with pictures and all numbers, which needs no network",
        HelpName = "FILE",
    };

    public static Option<string?> WriteBest { get; } = new("--write-best")
    {
        Description = "Write the recipe of the best merge here",
        HelpName = "FILE",
    };

    public static Option<string> Tasks { get; } = new("--tasks")
    {
        Description = "The suite's tasks that take part, with commas between them; all by default",
        HelpName = "NAMES",
        DefaultValueFactory = _ => "",
    };

    public static Option<long> Seed { get; } = new("--seed") { Description = "The seed of everything random", HelpName = "N" };

    /// <summary>The names of a list with commas between them.</summary>
    public static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Where singular values and results are kept, unless they are not to be or the user has no folder for them.</summary>
    public static string? CacheFolder(ParseResult arguments) => arguments.GetValue(NoCache) ? null : arguments.GetValue(Cache);

    /// <summary>How a merge is carried out, as far as the command lets one choose.</summary>
    public static MergeOptions Merging(ParseResult arguments)
    {
        // An option that a command does not have is none of its values.
        MergeOptions usual = new();
        return usual with
        {
            Device = arguments.GetValue(Device) is { } device ? MergeEngine.ResolveDevice(device) : usual.Device,
            Threads = arguments.GetValue(Threads) is > 0 and var threads ? threads : usual.Threads,
            MemoryBytes = arguments.GetValue(Memory) is { Bytes: > 0 } memory ? memory.Bytes : usual.MemoryBytes,
            ShardSizeBytes = arguments.GetValue(ShardSize) is { Bytes: > 0 } size ? size.Bytes : usual.ShardSizeBytes,
            Seed = arguments.GetValue(Seed),
            Force = arguments.GetValue(Force),
            Locked = arguments.GetValue(Locked),
            Stream = arguments.GetValue(Stream),
            CacheFolder = CacheFolder(arguments),
        };
    }

    /// <summary>An option whose value is a part.</summary>
    public static Option<MergePart?> PartOf(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "I/N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (MergePart.Parse(text) is { } part)
            {
                return part;
            }

            result.AddError(string.Create(CultureInfo.InvariantCulture,
                $"{name} must be I/N with I from 1 to N and N up to {MergePart.Most}, such as 2/4, found '{text}'"));
            return null;
        },
    };

    private static int ParseThreads(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads is >= 1 and <= 1024)
        {
            return threads;
        }

        result.AddError($"--threads must be a whole number from 1 to 1024, found '{text}'");
        return 1;
    }

    private static void CheckCache(OptionResult result)
    {
        if (result.GetValueOrDefault<bool>() && result.GetResult(Cache) is { Implicit: false })
        {
            result.AddError("--cache and --no-cache exclude each other");
        }
    }

    private static void CheckDevice(OptionResult result)
    {
        if (result.GetValueOrDefault<string>() is { } name && name != "auto" && !DeviceSpec.TryParse(name, out _))
        {
            result.AddError($"'{name}' is not a device; write cpu, cuda, cuda:N, auto or torch-cpu");
        }
    }

    private static Option<ByteSize> Size(string name, string standard, string description, long smallest) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => ByteSize.Parse(standard)!.Value,
        CustomParser = result => ByteSize.Parse(result, smallest),
    };
}
