using System.Globalization;
using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>Writes values as JSON, as Python's <c>json.dumps</c> does.</summary>
internal sealed class TemplateJson
{
    private readonly StringBuilder _json = new();
    private readonly int? _indent;
    private readonly bool _isAscii;
    private readonly bool _sorts;
    private readonly string _between;
    private readonly string _colon;

    private TemplateJson(int? indent, bool isAscii, bool sorts, (string Between, string Colon)? separators)
    {
        (_indent, _isAscii, _sorts) = (indent, isAscii, sorts);
        (_between, _colon) = separators ?? (indent is null ? ", " : ",", ": ");
    }

    /// <summary>The filter <c>tojson</c>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="arguments">Of the filter: <c>indent</c>, and in chat templates more.</param>
    /// <param name="isPlain">Whether letters stay as they are and keys in their order, as in chat templates,
    /// or are made safe for HTML and sorted.</param>
    /// <exception cref="FormatException">The value cannot be written.</exception>
    public static string Write(object? value, PythonArguments arguments, bool isPlain)
    {
        if (!isPlain)
        {
            StringBuilder safe = new(Write(value, Indent(arguments.Get(0, "indent")), isAscii: true, sorts: true));
            return safe.Replace("<", "\\u003c").Replace(">", "\\u003e").Replace("&", "\\u0026").Replace("'", "\\u0027").ToString();
        }

        bool isAscii = arguments.IsTrue(0, "ensure_ascii");
        int? indent = Indent(arguments.Get(1, "indent"));
        (string, string)? separators = arguments.Get(2, "separators") switch
        {
            null => null,
            IReadOnlyList<object?> and [string between, string colon] => (between, colon),
            object other => throw new FormatException($"'separators' are two texts, found {PythonValue.Word(other)}"),
        };
        return new TemplateJson(indent, isAscii, arguments.IsTrue(3, "sort_keys"), separators).Write(value);
    }

    /// <summary><c>json.dumps(value, indent=indent, ensure_ascii=isAscii, sort_keys=sorts)</c></summary>
    /// <exception cref="FormatException">The value cannot be written.</exception>
    public static string Write(object? value, int? indent, bool isAscii, bool sorts = false) =>
        new TemplateJson(indent, isAscii, sorts, separators: null).Write(value);

    private static int? Indent(object? indent) => indent is null ? null : (int)(PythonValue.AsWhole(indent) ?? 0);

    private string Write(object? value)
    {
        Append(value, 0);
        return _json.ToString();
    }

    private void Append(object? value, int depth)
    {
        if (depth > TemplateLimits.Depth)
        {
            throw new FormatException($"a value is nested more than {TemplateLimits.Depth} times");
        }

        TemplateLimits.ThrowIfLong(_json.Length);
        switch (value)
        {
            case null:
                _json.Append("null");
                break;
            case bool truth:
                _json.Append(truth ? "true" : "false");
                break;
            case string text:
                AppendText(text);
                break;
            case DateTime:
                AppendText(PythonValue.Text(value));
                break;
            case long whole:
                _json.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                _json.Append(double.IsFinite(number)
                    ? PythonRepr.Fraction(number)
                    : double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            case IReadOnlyList<object?> items:
                AppendItems('[', [.. items.Select(item => ((string?)null, item))], depth);
                break;
            case PythonMap map:
                IEnumerable<(string? Key, object? Value)> entries = map.Entries.Select(entry => ((string?)KeyOf(entry.Key), entry.Value));
                AppendItems('{', _sorts ? [.. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)] : [.. entries], depth);
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

    private void AppendItems(char open, IReadOnlyList<(string? Key, object? Value)> items, int depth)
    {
        _json.Append(open);
        foreach ((int place, (string? key, object? value)) in items.Index())
        {
            _json.Append(place == 0 ? "" : _between);
            NewLine(depth + 1);
            if (key is not null)
            {
                AppendText(key);
                _json.Append(_colon);
            }

            Append(value, depth + 1);
        }

        if (items.Count > 0)
        {
            NewLine(depth);
        }

        _json.Append(open == '[' ? ']' : '}');

        void NewLine(int level) => _json.Append(_indent is { } width ? "\n" + new string(' ', Math.Clamp(width, 0, 100) * level) : "");
    }

    private void AppendText(string text)
    {
        _json.Append('"');
        foreach (char letter in text)
        {
            _json.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => $"\\u{(int)letter:x4}",
                > '~' when _isAscii => $"\\u{(int)letter:x4}",
                _ => letter.ToString(),
            });
        }

        _json.Append('"');
    }
}
