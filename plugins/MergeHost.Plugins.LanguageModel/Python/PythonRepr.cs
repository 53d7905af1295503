using System.Globalization;
using System.Text;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Writes values as Python's source has them.</summary>
internal static class PythonRepr
{
    private const int MostDepth = 100;

    /// <summary>Appends <c>repr(value)</c>.</summary>
    /// <exception cref="FormatException">It holds itself, or is nested too deeply.</exception>
    public static void Append(StringBuilder text, object? value, int depth)
    {
        if (depth > MostDepth)
        {
            throw new FormatException($"a value is nested more than {MostDepth} times");
        }

        TemplateLimits.ThrowIfLong(text.Length);

        switch (value)
        {
            case string one:
                AppendQuoted(text, one);
                break;
            case PythonRange range:
                text.Append(CultureInfo.InvariantCulture, $"range({range.First}, {range.End}{(range.Step == 1 ? "" : $", {range.Step}")})");
                break;
            case PythonTuple { Count: 1 } tuple:
                text.Append('(');
                Append(text, tuple[0], depth + 1);
                text.Append(",)");
                break;
            case IReadOnlyList<object?> items:
                text.Append(items is PythonTuple ? '(' : '[');
                for (int i = 0; i < items.Count; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Append(text, items[i], depth + 1);
                }

                text.Append(items is PythonTuple ? ')' : ']');
                break;
            case PythonMap map:
                AppendMap(text, map, depth);
                break;
            default:
                text.Append(Plain(value));
                break;
        }
    }

    /// <summary>A fraction as Python writes it: the fewest digits that tell it from others.</summary>
    public static string Fraction(double number)
    {
        if (!double.IsFinite(number))
        {
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }

        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        string sign = shortest[0] == '-' ? "-" : "";
        (string digits, int place) = Digits(shortest[sign.Length..]);
        int exponent = digits == "0" ? 0 : place - 1;
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        return sign + (place <= 0 ? $"0.{new string('0', -place)}{digits}"
            : place >= digits.Length ? $"{digits}{new string('0', place - digits.Length)}.0"
            : $"{digits[..place]}.{digits[place..]}");
    }

    private static string Plain(object? value) => value switch
    {
        null => "None",
        bool truth => truth ? "True" : "False",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => Fraction(number),
        DateTime moment =>
            moment.ToString(moment.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.ffffff",
                CultureInfo.InvariantCulture),
        PythonClass type => $"<class '{type.Name}'>",
        Undefined missing => missing.OrThrow(""),
        _ => throw new FormatException($"{PythonValue.Word(value)} cannot stand in a text"),
    };

    // The significant digits, and where the point stands in them.
    private static (string Digits, int Place) Digits(string number)
    {
        string[] parts = number.Split('E');
        string[] sides = parts[0].Split('.');
        string all = sides[0] + (sides.Length > 1 ? sides[1] : "");
        int place = sides[0].Length + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        string significant = all.TrimStart('0');
        place -= all.Length - significant.Length;
        significant = significant.TrimEnd('0');
        return significant.Length == 0 ? ("0", 1) : (significant, place);
    }

    private static void AppendMap(StringBuilder text, PythonMap map, int depth)
    {
        text.Append('{');
        foreach ((int index, (object? key, object? value)) in map.Entries.Index())
        {
            text.Append(index > 0 ? ", " : "");
            Append(text, key, depth + 1);
            text.Append(": ");
            Append(text, value, depth + 1);
        }

        text.Append('}');
    }

    private static void AppendQuoted(StringBuilder text, string value)
    {
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (Rune rune in value.EnumerateRunes())
        {
            if (rune.Value == quote || rune.Value == '\\')
            {
                text.Append('\\').Append((char)rune.Value);
            }
            else if (rune.Value is '\n' or '\r' or '\t')
            {
                text.Append(rune.Value == '\n' ? "\\n" : rune.Value == '\r' ? "\\r" : "\\t");
            }
            else if (IsPrintable(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                text.Append(rune.Value < 0x100
                    ? $"\\x{rune.Value:x2}"
                    : rune.Value < 0x10000 ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
            }
        }

        text.Append(quote);
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
