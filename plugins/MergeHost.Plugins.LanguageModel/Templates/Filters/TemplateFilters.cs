using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>What makes a value of another.</summary>
internal delegate object? TemplateFilter(object? value, PythonArguments arguments, TemplateScope scope);

/// <summary>Jinja's filters: <c>x | join(', ')</c>; those of lists and of texts are in files of their own.</summary>
internal static class TemplateFilters
{
    private static readonly Dictionary<string, TemplateFilter> _filters = new()
    {
        ["default"] = Default,
        ["d"] = Default,
        ["string"] = (value, _, _) => PythonValue.Text(value),
        ["int"] = (value, arguments, _) => Whole(value, arguments),
        ["float"] = (value, arguments, _) => PythonValue.AsNumber(value) ?? (value is string text ? TemplateNumber.TryFraction(text) : null)
            ?? arguments.Get(0, "default", 0.0),
        ["round"] = (value, arguments, _) => Round(value, arguments),
        ["abs"] = (value, _, _) => value switch
        {
            double number => (object)Math.Abs(number),
            _ => Math.Abs(PythonValue.AsWhole(value) ?? throw new FormatException($"{PythonValue.Word(value)} has no absolute value")),
        },
        ["length"] = (value, _, _) => Length(value),
        ["count"] = (value, _, _) => Length(value),
        ["attr"] = (value, arguments, scope) => TemplateAccess.Attribute(value, arguments.Text(0, "name"), scope.Options),
        ["tojson"] = (value, arguments, scope) => TemplateJson.Write(value, arguments, scope.Options.WritesPlainJson),
        ["items"] = (value, _, _) => value is PythonMap map
            ? TemplateMethods.Find(map, "items")!(new PythonArguments("items", [], []))
            : throw new FormatException($"{PythonValue.Word(value)} has no entries"),
        ["dictsort"] = (value, arguments, _) => SortMap(value, arguments),
    };

    public static TemplateFilter? Find(string name) => _filters.GetValueOrDefault(name) ?? ListFilters.Find(name) ?? TextFilters.Find(name);

    /// <summary>Filters a value, counts the step, and refuses arguments that the filter does not have.</summary>
    /// <exception cref="FormatException">The value or an argument does not suit.</exception>
    public static object? Run(TemplateFilter filter, string name, TemplateScope scope, object? value, PythonArguments arguments)
    {
        scope.Step();
        object? given = value is Undefined missing && name is not ("default" or "d") ? missing.OrThrow("") : value;
        object? made = filter(given, arguments, scope);
        TemplateLimits.ThrowIfLong((made as string)?.Length ?? 0);
        if (name is not ("map" or "select" or "reject" or "selectattr" or "rejectattr" or "format"))
        {
            arguments.ThrowIfLeft();
        }

        return made;
    }

    private static object? Default(object? value, PythonArguments arguments, TemplateScope scope)
    {
        object? other = arguments.Get(0, "default_value", "");
        bool forFalse = arguments.IsTrue(1, "boolean");
        return value is Undefined || (forFalse && !PythonValue.IsTrue(value)) ? other : value;
    }

    private static long Length(object? value) => value switch
    {
        string text => PythonText.Length(text),
        PythonMap map => map.Count,
        IReadOnlyList<object?> items => items.Count,
        _ => throw new FormatException($"{PythonValue.Word(value)} has no length"),
    };

    private static object? Whole(object? value, PythonArguments arguments)
    {
        object? otherwise = arguments.Get(0, "default", 0L);
        long radix = arguments.Whole(1, "base", 10);
        return value switch
        {
            double number when double.IsFinite(number) && Math.Abs(number) < 9e18 => (long)number,
            string text =>
                TemplateNumber.TryWhole(text, radix)
                    ?? (TemplateNumber.TryFraction(text) is { } fraction && Math.Abs(fraction) < 9e18 ? (long)fraction : otherwise),
            _ => PythonValue.AsWhole(value) ?? otherwise,
        };
    }

    private static object Round(object? value, PythonArguments arguments)
    {
        int places = (int)Math.Clamp(arguments.Whole(0, "precision", 0), -300, 300);
        string method = arguments.Text(1, "method", "common");
        if (PythonValue.AsNumber(value) is not { } number)
        {
            throw new FormatException($"{PythonValue.Word(value)} cannot be rounded");
        }

        double scale = Math.Pow(10, places);
        return method switch
        {
            "common" when PythonValue.AsWhole(value) is { } whole =>
                (object)(places >= 0 ? whole : (long)PythonFormat.Round(whole, places)),
            "common" => PythonFormat.Round(number, places),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw new FormatException($"there is no way to round '{method}'"),
        };
    }

    private static List<object?> SortMap(object? value, PythonArguments arguments)
    {
        PythonMap map = value as PythonMap ?? throw new FormatException($"{PythonValue.Word(value)} has no entries");
        bool isExact = arguments.IsTrue(0, "case_sensitive");
        bool byValue = arguments.Text(1, "by", "key") == "value";
        IEnumerable<object?> entries = map.Entries.Select(entry => (object?)new PythonTuple([entry.Key, entry.Value]));
        return ListFilters.Sort(entries, entry => ((PythonTuple)entry!)[byValue ? 1 : 0], isExact, arguments.IsTrue(2, "reverse"));
    }
}
