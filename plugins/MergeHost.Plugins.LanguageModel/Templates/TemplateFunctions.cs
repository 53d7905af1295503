using System.Globalization;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A method or filter: a value, and its arguments.</summary>
internal delegate object? TemplateFunction(object? value, IReadOnlyList<object?> arguments);

/// <summary>Python's methods of texts and lists, and Jinja's filters, as far as task files use them.</summary>
internal static class TemplateFunctions
{
    private static readonly Dictionary<string, TemplateFunction> _methods = new()
    {
        ["strip"] = (value, arguments) => Text(value).Trim(Signs(arguments)),
        ["lstrip"] = (value, arguments) => Text(value).TrimStart(Signs(arguments)),
        ["rstrip"] = (value, arguments) => Text(value).TrimEnd(Signs(arguments)),
        ["lower"] = (value, _) => Text(value).ToLowerInvariant(),
        ["upper"] = (value, _) => Text(value).ToUpperInvariant(),
        ["capitalize"] = (value, _) => Text(value) is [char first, .. string rest] ? char.ToUpperInvariant(first) + rest.ToLowerInvariant() : "",
        ["replace"] = (value, arguments) => Text(value).Replace(Text(arguments, 0), Text(arguments, 1), StringComparison.Ordinal),
        ["startswith"] = (value, arguments) => Text(value).StartsWith(Text(arguments, 0), StringComparison.Ordinal),
        ["endswith"] = (value, arguments) => Text(value).EndsWith(Text(arguments, 0), StringComparison.Ordinal),
        ["split"] = (value, arguments) => Split(Text(value), arguments),
        ["join"] = (value, arguments) => string.Join(Text(value), List(arguments.ElementAtOrDefault(0)).Select(Text)),
        ["index"] = (value, arguments) => IndexOf(value, arguments.ElementAtOrDefault(0)),
    };

    private static readonly Dictionary<string, TemplateFunction> _filters = new()
    {
        ["trim"] = _methods["strip"],
        ["lower"] = _methods["lower"],
        ["upper"] = _methods["upper"],
        ["capitalize"] = _methods["capitalize"],
        ["replace"] = _methods["replace"],
        ["string"] = (value, _) => PythonValue.Text(value),
        ["int"] = (value, _) => long.TryParse(PythonValue.Text(value), CultureInfo.InvariantCulture, out long whole) ? whole : 0L,
        ["length"] = (value, _) => (long)(value is string text ? text.Length : List(value).Count),
        ["first"] = (value, _) => PythonValue.Item(value, 0L),
        ["last"] = (value, _) => PythonValue.Item(value, -1L),
        ["join"] = (value, arguments) => string.Join(arguments.Count > 0 ? Text(arguments, 0) : "", List(value).Select(PythonValue.Text)),
    };

    public static TemplateFunction? FindMethod(string name) => _methods.GetValueOrDefault(name);

    public static TemplateFunction? FindFilter(string name) => _filters.GetValueOrDefault(name);

    private static string Text(object? value) => value as string ?? throw new FormatException($"expected a text, found {PythonValue.Word(value)}");

    private static string Text(IReadOnlyList<object?> arguments, int index) => Text(arguments.ElementAtOrDefault(index));

    private static IReadOnlyList<object?> List(object? value) =>
        value as IReadOnlyList<object?> ?? throw new FormatException($"expected a list, found {PythonValue.Word(value)}");

    // Without an argument, white space is what is meant: Trim() takes it so, too.
    private static char[] Signs(IReadOnlyList<object?> arguments) => arguments.Count == 0 ? [] : Text(arguments, 0).ToCharArray();

    private static List<object?> Split(string text, IReadOnlyList<object?> arguments) => arguments.Count == 0
        ? [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]
        : [.. text.Split(Text(arguments, 0))];

    private static long IndexOf(object? value, object? wanted)
    {
        long found = value is string text ? text.IndexOf(Text(wanted), StringComparison.Ordinal) : List(value).ToList().FindIndex(item => PythonValue.AreEqual(item, wanted));
        return found >= 0 ? found : throw new FormatException($"'{PythonValue.Text(wanted)}' is not in it");
    }
}
