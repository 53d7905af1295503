using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>Jinja's filters of texts.</summary>
internal static partial class TextFilters
{
    private const int MostWidth = 100_000;

    private static readonly Dictionary<string, TemplateFilter> _filters = new()
    {
        ["trim"] = (value, arguments, _) => PythonText.Strip(PythonValue.Text(value), arguments.Get(0, "chars") as string),
        ["lower"] = (value, _, _) => PythonText.Lower(PythonValue.Text(value)),
        ["upper"] = (value, _, _) => PythonText.Upper(PythonValue.Text(value)),
        ["capitalize"] = (value, _, _) => PythonText.Capitalize(PythonValue.Text(value)),
        ["title"] = (value, _, _) => string.Concat(WordStart().Split(PythonValue.Text(value)).Select(PythonText.Capitalize)),
        ["replace"] = (value, arguments,
            _) => TextMethods.Replace(PythonValue.Text(value), PythonValue.Text(arguments.Get(0, "old")),
                PythonValue.Text(arguments.Get(1, "new")), arguments.Get(2, "count") is null ? -1 : arguments.Whole(2, "count", -1)),
        ["regex_replace"] = (value, arguments,
            _) => new PythonRegex(arguments.Text(0, "pattern"))
                .Replace(PythonValue.Text(value), arguments.Text(1, "repl"), arguments.Whole(2, "count", 0)),
        ["format"] = (value, arguments,
            _) => PythonFormat.Percent(PythonValue.Text(value),
                arguments.Names.Count > 0
                    ? new PythonMap(arguments.Names.Select(named => ((object?)named.Name, named.Value)))
                    : new PythonTuple(arguments.Places)),
        ["center"] = (value, arguments, _) => TextMethods.Center(PythonValue.Text(value), Width(arguments.Whole(0, "width", 80)), " "),
        ["indent"] = (value, arguments,
            _) => Indent(value as string ?? throw new FormatException($"'indent' needs a text, found {PythonValue.Word(value)}"),
                arguments),
        ["truncate"] = (value, arguments, _) => Truncate(PythonValue.Text(value), arguments),
        ["wordcount"] = (value, _, _) => (long)AnyWord().Count(PythonValue.Text(value)),
        ["wordwrap"] = (value, arguments, _) => Wrap(PythonValue.Text(value), arguments),
        ["escape"] = (value, _, _) => Escape(PythonValue.Text(value)),
        ["e"] = (value, _, _) => Escape(PythonValue.Text(value)),
        ["forceescape"] = (value, _, _) => Escape(PythonValue.Text(value)),
        ["safe"] = (value, _, _) => value,
        ["striptags"] = (value, _,
            _) => System.Net.WebUtility.HtmlDecode(string.Join(' ', PythonText.Words(Tags().Replace(PythonValue.Text(value), "")))),
        ["urlencode"] = (value, _, _) => Uri.EscapeDataString(PythonValue.Text(value)).Replace("%2F", "/", StringComparison.Ordinal),
    };

    public static TemplateFilter? Find(string name) => _filters.GetValueOrDefault(name);

    private static int Width(long width) => (int)Math.Clamp(width, 0, MostWidth);

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Indent(string text, PythonArguments arguments)
    {
        string space = arguments.Get(0, "width", 4L) is string own ? own : new string(' ', Width(arguments.Whole(0, "width", 4)));
        bool first = arguments.IsTrue(1, "first");
        bool blank = arguments.IsTrue(2, "blank");
        List<string> lines = PythonText.Lines(text + (blank ? "" : "\n"));
        StringBuilder indented = new();
        foreach ((int place, string line) in lines.Index())
        {
            TemplateLimits.Append(indented,
                (place > 0 ? "\n" : "") + ((place > 0 || first) && (line.Length > 0 || blank) ? space : "") + line);
        }

        return indented.ToString();
    }

    private static string Truncate(string text, PythonArguments arguments)
    {
        int length = Width(arguments.Whole(0, "length", 255));
        bool cutsWords = arguments.IsTrue(1, "killwords");
        string end = arguments.Text(2, "end", "...");
        int leeway = Width(arguments.Whole(3, "leeway", 5));
        IReadOnlyList<string> letters = PythonText.Letters(text);
        if (letters.Count <= length + leeway)
        {
            return text;
        }

        string cut = string.Concat(letters.Take(Math.Max(0, length - PythonText.Length(end))));
        int word = cut.LastIndexOf(' ');
        return (cutsWords || word < 0 ? cut : cut[..word]) + end;
    }

    private static string Wrap(string text, PythonArguments arguments)
    {
        int width = Math.Max(1, Width(arguments.Whole(0, "width", 79)));
        bool cutsWords = arguments.IsTrue(1, "break_long_words", true);
        string between = arguments.Text(2, "wrapstring", "\n");
        List<string> wrapped = [];
        foreach (string line in PythonText.Lines(text))
        {
            StringBuilder current = new();
            foreach (string word in PythonText.Words(line))
            {
                string rest = word;
                if (current.Length > 0 && current.Length + 1 + rest.Length > width)
                {
                    wrapped.Add(current.ToString());
                    current.Clear();
                }

                while (cutsWords && current.Length == 0 && rest.Length > width)
                {
                    wrapped.Add(rest[..width]);
                    rest = rest[width..];
                }

                current.Append(current.Length > 0 ? " " : "").Append(rest);
            }

            wrapped.Add(current.ToString());
        }

        return TextMethods.Join(between, wrapped);
    }

    [GeneratedRegex(@"([-\s({\[<]+)")]
    private static partial Regex WordStart();

    [GeneratedRegex(@"\w+")]
    private static partial Regex AnyWord();

    [GeneratedRegex(@"<!--.*?-->|<[^>]*>", RegexOptions.Singleline)]
    private static partial Regex Tags();
}
