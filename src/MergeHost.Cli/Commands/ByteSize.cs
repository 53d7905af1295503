using System.CommandLine.Parsing;
using System.Globalization;

namespace MergeHost.Cli.Commands;

/// <summary>A number of bytes on the command line: <c>1G</c> and <c>1GiB</c> are 2³⁰, <c>1GB</c> is 10⁹.</summary>
/// <param name="Bytes">The number.</param>
/// <param name="Text">As it was written.</param>
internal readonly record struct ByteSize(long Bytes, string Text)
{
    private const string Units = "KMGT";

    /// <summary>Reads a size.</summary>
    /// <returns><see langword="null"/> if the text is none, or is not a positive number below 10¹⁸.</returns>
    public static ByteSize? Parse(string text)
    {
        string upper = text.Trim().ToUpperInvariant();
        string digits = upper.TrimEnd('B').TrimEnd('I').TrimEnd('K', 'M', 'G', 'T');
        string unit = upper[digits.Length..];
        double factor = unit switch
        {
            "" or "B" => 1,
            _ when unit[1..] is "" or "IB" => Math.Pow(1024, Units.IndexOf(unit[0]) + 1),
            _ when unit[1..] is "B" => Math.Pow(1000, Units.IndexOf(unit[0]) + 1),
            _ => double.NaN,
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * factor is >= 1 and < 1e18
            ? new ByteSize((long)(number * factor), text)
            : null;
    }

    /// <summary>Reads an option's size, and reports one that is none or too small.</summary>
    public static ByteSize Parse(ArgumentResult result, long smallest)
    {
        string text = result.Tokens[0].Value;
        if (Parse(text) is not { } size)
        {
            result.AddError($"'{text}' is not a size; write a number and K, M, G or T, such as 512M or 5GB");
            return default;
        }

        if (size.Bytes < smallest)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"'{text}' is too small; it must be at least {smallest:N0} bytes"));
        }

        return size;
    }

    /// <inheritdoc cref="Text"/>
    public override string ToString() => Text;
}
