using System.Globalization;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>Numbers of bytes, for people.</summary>
internal static class Bytes
{
    private static readonly string[] _units = ["bytes", "kB", "MB", "GB", "TB"];

    /// <summary>Three digits and a decimal unit, such as <c>2.47 GB</c>.</summary>
    public static string Format(long bytes)
    {
        double number = bytes;
        int unit = 0;
        while (Math.Abs(number) >= 999.5 && unit < _units.Length - 1)
        {
            number /= 1000;
            unit++;
        }

        string format = unit == 0 || Math.Abs(number) >= 99.95 ? "0" : Math.Abs(number) >= 9.995 ? "0.0" : "0.00";
        return $"{number.ToString(format, CultureInfo.InvariantCulture)} {_units[unit]}";
    }

    /// <summary>A count in words of scale, such as <c>1.24 B</c>.</summary>
    public static string Count(long count) => count switch
    {
        >= 1_000_000_000 => (count / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " B",
        >= 1_000_000 => (count / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M",
        _ => count.ToString("N0", CultureInfo.InvariantCulture),
    };
}
