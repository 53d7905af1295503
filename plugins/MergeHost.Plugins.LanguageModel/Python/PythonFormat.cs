using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Python's ways to write values into texts: <c>'%s' % x</c>, <c>'{}'.format(x)</c>, and rounding.</summary>
internal static partial class PythonFormat
{
    private const int MostDigits = 300;

    /// <summary>A number rounded to so many places, halves to the even digit, by its exact value.</summary>
    public static double Round(double number, int places)
    {
        if (!double.IsFinite(number) || places > MostDigits)
        {
            return number;
        }

        return double.Parse($"{Scaled(number, places)}E{-places}", CultureInfo.InvariantCulture);
    }

    /// <summary>A number with so many places.</summary>
    public static string Fixed(double number, int places)
    {
        if (!double.IsFinite(number))
        {
            return PythonRepr.Fraction(number);
        }

        string digits = BigInteger.Abs(Scaled(number, places)).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        return (double.IsNegative(number) ? "-" : "") + (places == 0 ? digits : $"{digits[..^places]}.{digits[^places..]}");
    }

    /// <summary><c>text % values</c></summary>
    /// <exception cref="FormatException">The values do not suit the text.</exception>
    public static string Percent(string text, object? values)
    {
        Queue<object?> left = new(values is PythonTuple tuple ? tuple : [values]);
        string written = ReplaceEach(Directive(), text, match =>
        {
            string kind = match.Groups["kind"].Value;
            if (kind == "%")
            {
                return "%";
            }

            object? value = match.Groups["name"].Success
                ? values is PythonMap map && map.TryGet(match.Groups["name"].Value, out object? named)
                    ? named
                    : throw new FormatException($"there is no '{match.Groups["name"].Value}'")
                : left.TryDequeue(out object? next) ? next : throw new FormatException("there are fewer values than places in the text");
            string flags = match.Groups["flags"].Value;
            string width = match.Groups["width"].Value;
            string align = flags.Contains('-', StringComparison.Ordinal)
                ? "<"
                : flags.Contains('0', StringComparison.Ordinal) && kind is not ("s" or "r") ? "0" : ">";
            string sign = flags.Contains('+', StringComparison.Ordinal) ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
            string precision = match.Groups["precision"].Value;
            return kind switch
            {
                "s" => Write(PythonValue.Text(value), $"{align}{width}{precision}"),
                "r" => Write(PythonValue.Repr(value), $"{align}{width}{precision}"),
                "i" or "u" or "d" =>
                    Write(value is double number ? (long)number : value,
                        (align == "0" ? "" : align) + sign + (align == "0" ? "0" : "") + width + "d"),
                _ => Write(value, (align == "0" ? "" : align) + sign + (align == "0" ? "0" : "") + width + precision + kind),
            };
        });
        return values is PythonMap || left.Count == 0
            ? written
            : throw new FormatException("there are more values than places in the text");
    }

    /// <summary><c>text.format(…)</c></summary>
    /// <exception cref="FormatException">The values do not suit the text.</exception>
    public static string Braces(string text, PythonArguments arguments)
    {
        int next = 0;
        return ReplaceEach(Place(), text, match =>
        {
            if (match.Value is "{{" or "}}")
            {
                return match.Value[..1];
            }

            string name = match.Groups["name"].Success
                ? match.Groups["name"].Value
                : throw new FormatException($"'{match.Value}' is not closed");
            object? value = name.Length == 0 ? At(next++)
                : int.TryParse(name, CultureInfo.InvariantCulture, out int index) ? At(index)
                : arguments.Names.Any(argument => argument.Name == name) ? arguments.Names.First(argument => argument.Name == name).Value
                : throw new FormatException($"there is no '{name}'");
            value = match.Groups["how"].Value switch { "!r" => PythonValue.Repr(value), "!s" => PythonValue.Text(value), _ => value };
            return Write(value, match.Groups["spec"].Value);
        });

        object? At(int place) =>
            place < arguments.Count ? arguments.Places[place] : throw new FormatException("there are fewer values than places in the text");
    }

    private static string ReplaceEach(Regex places, string text, Func<Match, string> write)
    {
        long length = text.Length;
        return places.Replace(text, match =>
        {
            string written = write(match);
            length += written.Length;
            TemplateLimits.ThrowIfLong(length);
            return written;
        });
    }

    // number · 10^places as a whole number, halves to the even one.
    private static BigInteger Scaled(double number, int places)
    {
        long bits = BitConverter.DoubleToInt64Bits(number);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger above = (bits & 0xFFFFFFFFFFFFFL) | (exponent == 0 ? 0 : 1L << 52);
        int power = Math.Max(exponent, 1) - 1075;
        BigInteger below = BigInteger.One;
        above *= BigInteger.Pow(10, Math.Max(0, places)) * BigInteger.Pow(2, Math.Max(0, power));
        below *= BigInteger.Pow(10, Math.Max(0, -places)) * BigInteger.Pow(2, Math.Max(0, -power));
        BigInteger whole = BigInteger.DivRem(above, below, out BigInteger rest);
        int half = (rest * 2).CompareTo(below);
        whole += half > 0 || (half == 0 && !whole.IsEven) ? 1 : 0;
        return bits < 0 ? -whole : whole;
    }

    /// <summary><c>format(value, spec)</c></summary>
    private static string Write(object? value, string spec)
    {
        if (spec.Length == 0)
        {
            return PythonValue.Text(value);
        }

        Match match = Spec().Match(spec);
        if (!match.Success)
        {
            throw new FormatException($"'{spec}' is no way to write a value");
        }

        int width = match.Groups["width"].Success ? int.Parse(match.Groups["width"].Value, CultureInfo.InvariantCulture) : 0;
        int? precision = match.Groups["precision"].Success
            ? int.Parse(match.Groups["precision"].Value, CultureInfo.InvariantCulture)
            : null;
        if (width > 10000 || precision > MostDigits)
        {
            throw new FormatException($"'{spec}' is too wide");
        }

        string text = value is string one
            ? one[..Math.Min(one.Length, precision ?? one.Length)]
            : Number(value, match.Groups["kind"].Value, precision, match.Groups["comma"].Success);
        string sign = value is string || text.StartsWith('-') ? "" : match.Groups["sign"].Value.Replace("-", "", StringComparison.Ordinal);
        text = sign + text;
        bool isZero = match.Groups["zero"].Success;
        string fill = match.Groups["fill"].Success ? match.Groups["fill"].Value : isZero ? "0" : " ";
        string align = match.Groups["align"].Success ? match.Groups["align"].Value : isZero ? "=" : value is string ? "<" : ">";
        int missing = Math.Max(0, width - PythonText.Length(text));
        string Pad(int count) => string.Concat(Enumerable.Repeat(fill, count));
        int signs = text.Length > 0 && text[0] is '-' or '+' or ' ' && value is not string ? 1 : 0;
        return align switch
        {
            "<" => text + Pad(missing),
            "^" => Pad(missing / 2) + text + Pad(missing - (missing / 2)),
            "=" => text[..signs] + Pad(missing) + text[signs..],
            _ => Pad(missing) + text,
        };
    }

    private static string Number(object? value, string kind, int? precision, bool hasComma)
    {
        string text = (kind, PythonValue.AsWhole(value), PythonValue.AsNumber(value)) switch
        {
            ("" or "d", { } whole, _) when precision is null => whole.ToString(CultureInfo.InvariantCulture),
            ("x", { } whole, _) => Signed(whole, 16),
            ("X", { } whole, _) => Signed(whole, 16).ToUpperInvariant(),
            ("o", { } whole, _) => Signed(whole, 8),
            ("b", { } whole, _) => Signed(whole, 2),
            ("f" or "F", _, { } number) => Fixed(number, precision ?? 6),
            ("%", _, { } number) => Fixed(number * 100, precision ?? 6) + "%",
            ("e", _, { } number) => Exponent(number, precision ?? 6),
            ("g" or "", _, { } number) => General(number, precision ?? (kind == "g" ? 6 : 17), kind),
            _ => throw new FormatException($"{PythonValue.Word(value)} cannot be written as '{kind}'"),
        };
        return hasComma ? Commas(text) : text;

        static string Signed(long whole, int radix) => (whole < 0 ? "-" : "") + Convert.ToString(Math.Abs(whole), radix);
    }

    private static string Exponent(double number, int places) =>
        Regex.Replace(number.ToString($"e{places}", CultureInfo.InvariantCulture), "e([+-])0*(\\d{2,})$", "e$1$2");

    private static string General(double number, int digits, string kind)
    {
        if (kind.Length == 0 && digits == 17)
        {
            return PythonRepr.Fraction(number);
        }

        int most = Math.Max(1, digits);
        string scientific = Exponent(number, most - 1);
        int exponent = number == 0 ? 0 : int.Parse(scientific.AsSpan(scientific.IndexOf('e') + 1), CultureInfo.InvariantCulture);
        string[] parts = exponent < -4 || exponent >= most ? scientific.Split('e') : [Fixed(number, most - 1 - exponent)];
        string mantissa = parts[0].Contains('.', StringComparison.Ordinal) ? parts[0].TrimEnd('0').TrimEnd('.') : parts[0];
        return parts.Length > 1 ? $"{mantissa}e{parts[1]}" : mantissa;
    }

    private static string Commas(string text)
    {
        int start = text.StartsWith('-') ? 1 : 0;
        int point = text.IndexOf('.', StringComparison.Ordinal) is var found and >= 0 ? found : text.Length;
        StringBuilder grouped = new(text);
        for (int place = point - 3; place > start; place -= 3)
        {
            grouped.Insert(place, ',');
        }

        return grouped.ToString();
    }

    [GeneratedRegex(@"%(?:\((?<name>[^)]*)\))?(?<flags>[-+ 0#]*)(?<width>\d+)?(?<precision>\.\d+)?(?<kind>[a-zA-Z%])")]
    private static partial Regex Directive();

    [GeneratedRegex(@"\{\{|\}\}|\{(?<name>\w*)(?<how>![rs])?(?::(?<spec>[^{}]*))?\}|\{")]
    private static partial Regex Place();

    [GeneratedRegex(
        @"^(?:(?<fill>.)?(?<align>[<>^=]))?(?<sign>[-+ ])?#?(?<zero>0)?(?<width>\d+)?(?<comma>,)?"
            + @"(?:\.(?<precision>\d+))?(?<kind>[a-zA-Z%])?$",
        RegexOptions.Singleline)]
    private static partial Regex Spec();
}
