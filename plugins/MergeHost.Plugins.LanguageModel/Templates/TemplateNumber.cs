using System.Globalization;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Numbers as templates write them, and as texts hold them.</summary>
internal static class TemplateNumber
{
    /// <summary>A number of a template.</summary>
    /// <exception cref="FormatException">It is beyond 64 bits.</exception>
    public static object Parse(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        int radix = digits.Length > 2 ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix == 10 && digits.AsSpan().IndexOfAny("eE.") >= 0)
        {
            return double.Parse(digits, CultureInfo.InvariantCulture);
        }

        return TryWhole(digits, radix) ?? throw new FormatException($"{text} is beyond 64 bits");
    }

    /// <summary><c>int(text, radix)</c>, or <see langword="null"/> if it is none.</summary>
    public static long? TryWhole(string text, long radix)
    {
        string digits = text.Trim().Replace("_", "", StringComparison.Ordinal);
        bool isNegative = digits.StartsWith('-');
        digits = digits.TrimStart('+', '-');
        string mark = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "-" };
        digits = digits.StartsWith(mark, StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        if (radix == 10)
        {
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long plain)
                ? (isNegative ? -plain : plain)
                : null;
        }

        try
        {
            return radix is 16 or 8 or 2 && digits.Length > 0 ? Convert.ToInt64(digits, (int)radix) * (isNegative ? -1 : 1) : null;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary><c>float(text)</c>, or <see langword="null"/> if it is none.</summary>
    public static double? TryFraction(string text) =>
        double.TryParse(text.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture,
            out double number) ? number : null;
}
