using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace MergeHost.Cli.Commands;

/// <summary>Options that several commands have, each declared once.</summary>
internal static class SharedOptions
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON to stdout, progress and problems as lines of JSON to stderr" };

    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Show errors only" };

    public static Option<string?> Plugins { get; } = new("--plugins") { Description = "A folder of plugins that goes before all others", HelpName = "FOLDER" };

    public static Option<bool> Locked { get; } = new("--locked") { Description = "Use just the plugins of mergehost.lock.json, and fail if they differ" };

    public static Option<long> ShardSize { get; } = Size("--shard-size", "5GB", "The largest size of a file of the output", 1);

    public static Option<long> Memory { get; } = Size("--memory", "320M", "How much memory the merge may take", 128L << 20);

    /// <summary>An option for a number of bytes: <c>1G</c> and <c>1GiB</c> are 2³⁰, <c>1GB</c> is 10⁹.</summary>
    private static Option<long> Size(string name, string standard, string description, long smallest) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => ParseSize(standard)!.Value,
        CustomParser = result => Parse(result, smallest),
    };

    private static long Parse(ArgumentResult result, long smallest)
    {
        string text = result.Tokens[0].Value;
        if (ParseSize(text) is not { } bytes)
        {
            result.AddError($"'{text}' is not a size; write a number and K, M, G or T, such as 512M or 5GB");
            return 0;
        }

        if (bytes < smallest)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"'{text}' is too small; it must be at least {smallest:N0} bytes"));
        }

        return bytes;
    }

    internal static long? ParseSize(string text)
    {
        string upper = text.Trim().ToUpperInvariant();
        string digits = upper.TrimEnd('B').TrimEnd('I').TrimEnd('K', 'M', 'G', 'T');
        string unit = upper[digits.Length..];
        int power = unit.Length == 0 || unit == "B" ? 0 : "KMGT".IndexOf(unit[0]) + 1;
        double factor = unit switch
        {
            "" or "B" => 1,
            _ when unit[1..] is "" or "IB" => Math.Pow(1024, power),
            _ when unit[1..] is "B" => Math.Pow(1000, power),
            _ => double.NaN,
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number * factor is > 0 and < 1e18
            ? (long)(number * factor)
            : null;
    }
}
