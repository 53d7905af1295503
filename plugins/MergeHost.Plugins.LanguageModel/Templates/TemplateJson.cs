using System.Globalization;
using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Writes values as JSON, as Python's <c>json.dumps</c> does.</summary>
internal static class TemplateJson
{
    /// <summary>The filter <c>tojson</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="arguments">Of the filter: <c>indent</c>, and in chat templates more.</param>
    /// <param name="isPlain">Whether letters stay as they are and keys in their order, as in chat templates, or are made safe for HTML and sorted.</param>
    /// <exception cref="FormatException">The value cannot be written.</exception>
    public static string Write(object? value, PythonArguments arguments, bool isPlain)
    {
        object? indent = isPlain ? arguments.Get(1, "indent", arguments.Get(-1, "indent")) : arguments.Get(0, "indent");
        bool isAscii = isPlain ? arguments.IsTrue(0, "ensure_ascii") : true;
        bool sorts = isPlain ? arguments.IsTrue(3, "sort_keys") : true;
        arguments.Get(2, "separators");
        StringBuilder json = new();
        Append(json, value, indent is null ? null : (int)(PythonValue.AsWhole(indent) ?? 0), 0, isAscii, sorts);
        return isPlain ? json.ToString() : json.Replace("<", "\\u003c").Replace(">", "\\u003e").Replace("&", "\\u0026").Replace("'", "\\u0027").ToString();
    }

    /// <summary><c>json.dumps(value, indent=indent, ensure_ascii=isAscii, sort_keys=sorts)</c></summary>
    /// <exception cref="FormatException">The value cannot be written.</exception>
    public static string Write(object? value, int? indent, bool isAscii, bool sorts = false)
    {
        StringBuilder json = new();
        Append(json, value, indent, 0, isAscii, sorts);
        return json.ToString();
    }

    private static void Append(StringBuilder json, object? value, int? indent, int depth, bool isAscii, bool sorts)
    {
        if (depth > TemplateLimits.Depth)
        {
            throw new FormatException($"a value is nested more than {TemplateLimits.Depth} times");
        }

        switch (value)
        {
            case null:
                json.Append("null");
                break;
            case bool truth:
                json.Append(truth ? "true" : "false");
                break;
            case string text:
                AppendText(json, text, isAscii);
                break;
            case DateTime:
                AppendText(json, PythonValue.Text(value), isAscii);
                break;
            case long whole:
                json.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                json.Append(double.IsFinite(number) ? PythonRepr.Fraction(number) : double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            case IReadOnlyList<object?> items:
                AppendItems(json, '[', [.. items.Select(item => ((string?)null, item))], indent, depth, isAscii, sorts);
                break;
            case PythonMap map:
                IEnumerable<(string? Key, object? Value)> entries = map.Entries.Select(entry => ((string?)KeyOf(entry.Key), entry.Value));
                AppendItems(json, '{', sorts ? [.. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)] : [.. entries], indent, depth, isAscii, sorts);
                break;
            default:
                throw new FormatException($"{PythonValue.Word(value)} cannot be written as JSON");
        }
    }

    private static string KeyOf(object? key) => key switch
    {
        string text => text,
        null => "null",
        bool truth => truth ? "true" : "false",
        _ => PythonValue.Text(key),
    };

    private static void AppendItems(StringBuilder json, char open, IReadOnlyList<(string? Key, object? Value)> items, int? indent, int depth, bool isAscii, bool sorts)
    {
        json.Append(open);
        foreach ((int place, (string? key, object? value)) in items.Index())
        {
            json.Append(place == 0 ? "" : indent is null ? ", " : ",");
            NewLine(depth + 1);
            if (key is not null)
            {
                AppendText(json, key, isAscii);
                json.Append(": ");
            }

            Append(json, value, indent, depth + 1, isAscii, sorts);
        }

        if (items.Count > 0)
        {
            NewLine(depth);
        }

        json.Append(open == '[' ? ']' : '}');

        void NewLine(int level) => json.Append(indent is { } width ? "\n" + new string(' ', Math.Clamp(width, 0, 100) * level) : "");
    }

    private static void AppendText(StringBuilder json, string text, bool isAscii)
    {
        json.Append('"');
        foreach (char letter in text)
        {
            json.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => $"\\u{(int)letter:x4}",
                > '~' when isAscii => $"\\u{(int)letter:x4}",
                _ => letter.ToString(),
            });
        }

        json.Append('"');
    }
}
