using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary><c>loop</c>: where a loop is.</summary>
internal sealed class TemplateLoop(IReadOnlyList<object?> items, int place, TemplateLoop? outer) : ITemplateObject
{
    private int Depth { get; } = 1 + (outer?.Depth ?? 0);

    public bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => place + 1L,
            "index0" => (long)place,
            "revindex" => (long)(items.Count - place),
            "revindex0" => (long)(items.Count - place - 1),
            "first" => place == 0,
            "last" => place == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => (long)Depth,
            "depth0" => Depth - 1L,
            "previtem" => place > 0 ? items[place - 1] : new Undefined("there is no previous item", true),
            "nextitem" => place + 1 < items.Count ? items[place + 1] : new Undefined("there is no next item", true),
            "cycle" => (PythonFunction)(arguments => arguments.Count > 0
                ? arguments.Places[place % arguments.Count]
                : throw new FormatException("'cycle' needs a value")),
            _ => null,
        };
        return value is not null || name is "previtem" or "nextitem";
    }
}

/// <summary><c>namespace()</c>: variables that can be set from inside of loops.</summary>
internal sealed class TemplateNamespace(IEnumerable<(string Name, object? Value)> fields) : ITemplateObject
{
    private readonly Dictionary<string, object?> _fields = fields.ToDictionary();

    public bool TryGet(string name, out object? value) => _fields.TryGetValue(name, out value);

    public void Set(string name, object? value) => _fields[name] = value;
}

/// <summary>Named parts that are computed.</summary>
internal sealed class TemplateParts(Dictionary<string, Func<object?>> parts) : ITemplateObject
{
    public bool TryGet(string name, out object? value)
    {
        value = parts.TryGetValue(name, out Func<object?>? part) ? part() : null;
        return part is not null;
    }
}

/// <summary><c>{% macro %}</c></summary>
internal sealed class TemplateMacro(string name, List<(string Name, Expression? Default)> parameters, Statement body, TemplateScope scope)
{
    public string Name => name;

    /// <summary>Renders it.</summary>
    /// <exception cref="FormatException">There are too many arguments, or something in it is wrong.</exception>
    public string Call(TemplateScope caller, PythonArguments arguments)
    {
        TemplateScope inner = scope.Call(caller);
        foreach ((int place, (string parameter, Expression? otherwise)) in parameters.Index())
        {
            inner.Set(parameter, arguments.Has(place, parameter)
                ? arguments.Get(place, parameter)
                : otherwise is not null
                    ? otherwise(inner)
                    : new Undefined($"parameter '{parameter}' was not provided", scope.Options.IsLenient));
            arguments.Get(place, parameter);
        }

        arguments.ThrowIfLeft();
        StringBuilder text = new();
        body(inner, text);
        return text.ToString();
    }
}

/// <summary>The functions that Jinja has of itself.</summary>
internal static class TemplateGlobals
{
    private const int MostRange = 100_000;
    private const string Filler = "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>";

    private static readonly Dictionary<string, PythonFunction> _functions = new()
    {
        ["range"] = Range,
        ["dict"] = arguments =>
            new PythonMap([.. Entries(arguments), .. arguments.Names.Select(argument => ((object?)argument.Name, argument.Value))]),
        ["namespace"] = arguments =>
            new TemplateNamespace([.. Entries(arguments).Select(entry => (PythonValue.Text(entry.Key), entry.Value)), .. arguments.Names]),
        ["cycler"] = Cycler,
        ["joiner"] = Joiner,
        ["lipsum"] = _ => Filler,
    };

    public static PythonFunction? Find(string name) => _functions.GetValueOrDefault(name);

    private static PythonRange Range(PythonArguments arguments)
    {
        long first = arguments.Count == 1 ? 0 : arguments.Whole(0, "start", 0);
        PythonRange range = new(first, arguments.Count == 1 ? arguments.Whole(0, "stop", 0) : arguments.Whole(1, "stop", 0),
            arguments.Whole(2, "step", 1) is not 0 and long step ? step : 1);
        arguments.ThrowIfLeft();
        return range.Count <= MostRange ? range : throw new FormatException($"'range' has more than {MostRange} items");
    }

    private static IEnumerable<(object? Key, object? Value)> Entries(PythonArguments arguments) => arguments.Get(0, "mapping") switch
    {
        null => [],
        PythonMap map => map.Entries,
        object other =>
            PythonValue.Items(other).Select(PythonValue.Items)
                .Select(pair => pair.Count == 2 ? (pair[0], pair[1]) : throw new FormatException("a mapping is made of pairs")),
    };

    private static TemplateParts Cycler(PythonArguments arguments)
    {
        int place = 0;
        IReadOnlyList<object?> items = arguments.Places.Count > 0 ? arguments.Places : throw new FormatException("'cycler' needs a value");
        return new TemplateParts(new Dictionary<string, Func<object?>>
        {
            ["current"] = () => items[place],
            ["next"] = () => (PythonFunction)(_ => items[(place = (place + 1) % items.Count) is 0 ? items.Count - 1 : place - 1]),
            ["reset"] = () => (PythonFunction)(_ => place = 0),
        });
    }

    private static PythonFunction Joiner(PythonArguments arguments)
    {
        string separator = arguments.Text(0, "sep", ", ");
        bool isFirst = true;
        return _ =>
        {
            string text = isFirst ? "" : separator;
            isFirst = false;
            return text;
        };
    }
}
