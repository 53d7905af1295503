using System.Globalization;
using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>The methods of Python's texts.</summary>
internal static class TextMethods
{
    private static readonly Dictionary<string, Func<string, PythonArguments, object?>> _methods = new()
    {
        ["strip"] = (text, arguments) => PythonText.Strip(text, Letters(arguments)),
        ["lstrip"] = (text, arguments) => PythonText.Strip(text, Letters(arguments), atEnd: false),
        ["rstrip"] = (text, arguments) => PythonText.Strip(text, Letters(arguments), atStart: false),
        ["lower"] = (text, _) => PythonText.Lower(text),
        ["upper"] = (text, _) => PythonText.Upper(text),
        ["casefold"] = (text, _) => PythonText.Lower(text).Replace("ß", "ss", StringComparison.Ordinal),
        ["title"] = (text, _) => PythonText.Title(text),
        ["capitalize"] = (text, _) => PythonText.Capitalize(text),
        ["swapcase"] = (text,
            _) => string.Concat(PythonText.Letters(text)
                .Select(letter => PythonText.Upper(letter) == letter ? PythonText.Lower(letter) : PythonText.Upper(letter))),
        ["replace"] = (text,
            arguments) => Replace(text, arguments.Text(0, "old"), arguments.Text(1, "new"), arguments.Whole(2, "count", -1)),
        ["startswith"] = (text, arguments) => Options(arguments).Any(start => text.StartsWith(start, StringComparison.Ordinal)),
        ["endswith"] = (text, arguments) => Options(arguments).Any(end => text.EndsWith(end, StringComparison.Ordinal)),
        ["removeprefix"] = (text, arguments) => text.StartsWith(arguments.Text(0, "prefix"), StringComparison.Ordinal)
            ? text[arguments.Text(0, "prefix").Length..]
            : text,
        ["removesuffix"] = (text, arguments) => text.EndsWith(arguments.Text(0, "suffix"), StringComparison.Ordinal)
            ? text[..^arguments.Text(0, "suffix").Length]
            : text,
        ["split"] = (text, arguments) => Split(text, arguments.Get(0, "sep"), arguments.Whole(1, "maxsplit", -1)),
        ["rsplit"] = (text, arguments) => SplitFromEnd(text, arguments.Get(0, "sep"), arguments.Whole(1, "maxsplit", -1)),
        ["splitlines"] = (text, arguments) => List(PythonText.Lines(text, arguments.IsTrue(0, "keepends"))),
        ["partition"] = (text,
            arguments) => Partition(text, arguments.Text(0, "sep"), text.IndexOf(arguments.Text(0, "sep"), StringComparison.Ordinal),
                atStart: true),
        ["rpartition"] = (text,
            arguments) => Partition(text, arguments.Text(0, "sep"), text.LastIndexOf(arguments.Text(0, "sep"), StringComparison.Ordinal),
                atStart: false),
        ["join"] = (text,
            arguments) => Join(text,
                PythonValue.Items(arguments.Get(0, "items"))
                    .Select(item => item as string ?? throw new FormatException($"'join' needs texts, found {PythonValue.Word(item)}"))),
        ["find"] = (text, arguments) => Find(text, arguments, isLast: false),
        ["rfind"] = (text, arguments) => Find(text, arguments, isLast: true),
        ["index"] = (text, arguments) => Find(text, arguments, isLast: false) is >= 0 and long place
            ? place
            : throw new FormatException($"'{arguments.Text(0, "sub")}' is not in the text"),
        ["rindex"] = (text, arguments) => Find(text, arguments, isLast: true) is >= 0 and long place
            ? place
            : throw new FormatException($"'{arguments.Text(0, "sub")}' is not in the text"),
        ["count"] = (text, arguments) => Count(text, arguments.Text(0, "sub")),
        ["isdigit"] = (text,
            _) => All(text,
                letter => char.IsDigit(letter)
                    || char.GetUnicodeCategory(letter) == UnicodeCategory.OtherNumber && char.GetNumericValue(letter) is >= 0 and < 10),
        ["isdecimal"] = (text, _) => All(text, char.IsDigit),
        ["isnumeric"] = (text, _) => All(text, char.IsNumber),
        ["isalpha"] = (text, _) => All(text, char.IsLetter),
        ["isalnum"] = (text, _) => All(text, char.IsLetterOrDigit),
        ["isspace"] = (text, _) => All(text, PythonText.IsSpace),
        ["isupper"] = (text, _) => text == PythonText.Upper(text) && text != PythonText.Lower(text),
        ["islower"] = (text, _) => text == PythonText.Lower(text) && text != PythonText.Upper(text),
        ["isidentifier"] = (text, _) => text.Length > 0 && !char.IsDigit(text[0])
            && text.All(letter => char.IsLetterOrDigit(letter) || letter == '_'),
        ["zfill"] = (text, arguments) => ZeroFill(text, Width(arguments)),
        ["rjust"] = (text, arguments) => Padding(text, arguments) + text,
        ["ljust"] = (text, arguments) => text + Padding(text, arguments),
        ["center"] = (text, arguments) => Center(text, Width(arguments), Fill(arguments)),
        ["expandtabs"] = (text, arguments) => ExpandTabs(text, (int)Math.Min(100, arguments.Whole(0, "tabsize", 8))),
        ["translate"] = (text,
            arguments) => Translate(text,
                arguments.Get(0, "table") as PythonMap ?? throw new FormatException("'translate' needs a mapping")),
        ["format"] = PythonFormat.Braces,
    };

    /// <summary>A method, or <see langword="null"/> if texts have none of this name.</summary>
    public static PythonFunction? Find(string text, string name)
    {
        if (!_methods.TryGetValue(name, out Func<string, PythonArguments, object?>? method))
        {
            return null;
        }

        return arguments =>
        {
            object? value = method(text, arguments);
            TemplateLimits.ThrowIfLong((value as string)?.Length ?? 0);
            if (name != "format")
            {
                arguments.ThrowIfLeft();
            }

            return value;
        };
    }

    /// <summary>A text in the middle of a width.</summary>
    public static string Center(string text, int width, string fill)
    {
        int missing = Math.Max(0, width - PythonText.Length(text));
        int left = (missing / 2) + (missing & width & 1);
        return string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, missing - left));
    }

    /// <summary>Texts with another between them.</summary>
    public static string Join(string between, IEnumerable<string> texts)
    {
        List<string> all = [.. texts];
        return TemplateLimits.Bounded(all.Sum(text => (long)text.Length + between.Length), () => string.Join(between, all));
    }

    /// <summary><c>text.replace(old, new, count)</c></summary>
    public static string Replace(string text, string old, string other, long count)
    {
        long places = old.Length == 0 ? PythonText.Length(text) + 1 : text.AsSpan().Count(old);
        long most = count < 0 ? places : Math.Min(places, count);
        return TemplateLimits.Bounded(text.Length + (most * ((long)other.Length - old.Length)), () => Replaced(text, old, other, most));
    }

    private static string Replaced(string text, string old, string other, long count)
    {
        if (old.Length == 0)
        {
            IReadOnlyList<string> letters = PythonText.Letters(text);
            return string.Concat(letters.Select((letter, place) => (place < count ? other : "") + letter)) + (letters.Count < count
                ? other
                : "");
        }

        StringBuilder replaced = new();
        int start = 0;
        for (long done = 0; done < count && text.IndexOf(old, start, StringComparison.Ordinal) is >= 0 and int found; done++)
        {
            replaced.Append(text, start, found - start).Append(other);
            start = found + old.Length;
        }

        return replaced.Append(text, start, text.Length - start).ToString();
    }

    private static string? Letters(PythonArguments arguments) => arguments.Get(0, "chars") is null ? null : arguments.Text(0, "chars");

    private static List<object?> List(IEnumerable<string> texts) => [.. texts];

    private static int Width(PythonArguments arguments) => (int)Math.Clamp(arguments.Whole(0, "width", 0), 0, 100_000);

    private static bool All(string text, Func<char, bool> isOne) => text.Length > 0 && text.All(isOne);

    private static IEnumerable<string> Options(PythonArguments arguments) =>
        arguments.Get(0, "prefix") is PythonTuple several ? several.Select(PythonValue.Text) : [arguments.Text(0, "prefix")];

    private static List<object?> Split(string text, object? separator, long most)
    {
        if (separator is null)
        {
            return List(PythonText.Words(text, most));
        }

        string between = separator as string is { Length: > 0 } known
            ? known
            : throw new FormatException("'split' needs a text that is not empty");
        return List(most < 0 ? text.Split(between) : text.Split(between, (int)Math.Min(int.MaxValue, most + 1)));
    }

    private static List<object?> SplitFromEnd(string text, object? separator, long most)
    {
        static string Turned(string one) => string.Concat(PythonText.Letters(one).Reverse());
        return [.. Split(Turned(text), separator is string known ? Turned(known) : separator, most).Select(part => Turned((string)part!))
            .Reverse()];
    }

    private static PythonTuple Partition(string text, string separator, int place, bool atStart) =>
        place >= 0 ? new PythonTuple([text[..place], separator, text[(place + separator.Length)..]])
        : atStart ? new PythonTuple([text, "", ""])
        : new PythonTuple(["", "", text]);

    private static long Find(string text, PythonArguments arguments, bool isLast)
    {
        string wanted = arguments.Text(0, "sub");
        string inside = (string)TemplateAccess.Slice(text, arguments.Get(1, "start"), arguments.Get(2, "end"), null);
        int found = isLast ? inside.LastIndexOf(wanted, StringComparison.Ordinal) : inside.IndexOf(wanted, StringComparison.Ordinal);
        long start = arguments.Whole(1, "start", 0);
        long skipped = start < 0 ? Math.Max(0, start + PythonText.Length(text)) : start;
        return found < 0 ? -1 : skipped + PythonText.Length(inside[..found]);
    }

    private static long Count(string text, string wanted)
    {
        if (wanted.Length == 0)
        {
            return PythonText.Length(text) + 1;
        }

        long count = 0;
        for (int place = text.IndexOf(wanted, StringComparison.Ordinal); place >= 0;
            place = text.IndexOf(wanted, place + wanted.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    private static string Padding(string text, PythonArguments arguments) =>
        string.Concat(Enumerable.Repeat(Fill(arguments), Math.Max(0, Width(arguments) - PythonText.Length(text))));

    private static string Fill(PythonArguments arguments) =>
        arguments.Text(1, "fillchar", " ") is var fill && PythonText.Length(fill) == 1
            ? fill
            : throw new FormatException($"a text is filled up with one letter, found '{fill}'");

    private static string ZeroFill(string text, int width)
    {
        int signs = text is ['-' or '+', ..] ? 1 : 0;
        return text[..signs] + new string('0', Math.Max(0, width - PythonText.Length(text))) + text[signs..];
    }

    private static string ExpandTabs(string text, int size)
    {
        StringBuilder expanded = new();
        int column = 0;
        foreach (string letter in PythonText.Letters(text))
        {
            int width = letter != "\t" ? 1 : size > 0 ? size - (column % size) : 0;
            TemplateLimits.Append(expanded, letter == "\t" ? new string(' ', width) : letter);
            column = letter is "\n" or "\r" ? 0 : column + width;
        }

        return expanded.ToString();
    }

    private static string Translate(string text, PythonMap table) => Join("", PythonText.Letters(text).Select(letter =>
        !table.TryGet((long)letter.EnumerateRunes().First().Value, out object? other) ? letter
        : other is long code ? new Rune(checked((uint)code)).ToString()
        : other as string ?? ""));
}
