using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates.Filters;

/// <summary>Whether something is true of a value.</summary>
internal delegate bool TemplateTest(object? value, PythonArguments arguments);

/// <summary>Jinja's tests: <c>x is defined</c>.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, TemplateTest> _tests = new()
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["number"] = (value, _) => value is long or double or bool,
        ["string"] = (value, _) => value is string,
        ["mapping"] = (value, _) => value is PythonMap,
        ["sequence"] = (value, _) => value is string or IReadOnlyList<object?> or PythonMap,
        ["iterable"] = (value, _) => value is string or IReadOnlyList<object?> or PythonMap,
        ["callable"] = (value, _) => value is PythonFunction or TemplateMacro,
        ["escaped"] = (_, _) => false,
        ["odd"] = (value, _) => PythonValue.AsWhole(value) is { } whole
            ? whole % 2 != 0
            : throw new FormatException($"{PythonValue.Word(value)} is neither odd nor even"),
        ["even"] = (value, _) => PythonValue.AsWhole(value) is { } whole
            ? whole % 2 == 0
            : throw new FormatException($"{PythonValue.Word(value)} is neither odd nor even"),
        ["divisibleby"] = (value, arguments) => PythonOperators.AreEqual(PythonOperators.Apply(value, "%", arguments.Get(0, "num")), 0L),
        ["in"] = (value, arguments) => PythonOperators.Compare(value, "in", arguments.Get(0, "seq")),
        ["sameas"] = (value, arguments) => PythonValue.TypeName(value) == PythonValue.TypeName(arguments.Get(0, "other"))
            && PythonOperators.AreEqual(value, arguments.Get(0, "other")),
        ["upper"] = (value, _) => PythonValue.Text(value) is var text && text == PythonText.Upper(text) && text != PythonText.Lower(text),
        ["lower"] = (value, _) => PythonValue.Text(value) is var text && text == PythonText.Lower(text) && text != PythonText.Upper(text),
        ["filter"] = (value, _) => value is string name && TemplateFilters.Find(name) is not null,
        ["test"] = (value, _) => value is string name && Find(name) is not null,
    };

    private static readonly Dictionary<string, string> _comparisons = new()
    {
        ["=="] = "==",
        ["eq"] = "==",
        ["equalto"] = "==",
        ["!="] = "!=",
        ["ne"] = "!=",
        [">"] = ">",
        ["gt"] = ">",
        ["greaterthan"] = ">",
        [">="] = ">=",
        ["ge"] = ">=",
        ["<"] = "<",
        ["lt"] = "<",
        ["lessthan"] = "<",
        ["<="] = "<=",
        ["le"] = "<=",
    };

    public static TemplateTest? Find(string name) => _tests.TryGetValue(name, out TemplateTest? test) ? test
        : _comparisons.TryGetValue(name, out string? sign)
            ? (value, arguments) => PythonOperators.Compare(value, sign, arguments.Get(0, "other"))
        : null;
}
