using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>What a task's entries give for an item: prompts, targets and choices, from fields and templates.</summary>
/// <param name="config">The task.</param>
/// <param name="features">The fields of the items; an entry that is the name of one is that field.</param>
internal sealed class TaskFields(TaskConfig config, IReadOnlySet<string> features)
{
    private readonly Dictionary<string, TextTemplate> _templates = [];

    /// <summary>A question: a text, or the index of the right beginning.</summary>
    public object? Question(string key, object? how, TaskDocument item) => config.Run(key, item.Number, () => how switch
    {
        string field when features.Contains(field) => Field(item, field),
        string template => Digits(Render(template, item)),
        null => throw new FormatException("it is missing"),
        _ => throw new FormatException($"it is {PythonValue.Word(how)}, not a template"),
    });

    /// <summary>A target: a text, an index, or several of them.</summary>
    public object? Target(string key, object? how, TaskDocument item) => config.Run(key, item.Number, () =>
    {
        if (how is not string text)
        {
            return how ?? throw new FormatException("it is missing");
        }

        if (features.Contains(text))
        {
            return Field(item, text);
        }

        object rendered = Digits(Render(text, item));
        return rendered is string { Length: >= 2 } list && list[0] == '[' && list[^1] == ']' ? ListOr(list) : rendered;
    });

    /// <summary>The choices.</summary>
    public IReadOnlyList<string> Choices(string key, object? how, TaskDocument item) =>
        config.Run<IReadOnlyList<string>>(key, item.Number, () =>
        {
            object? found = how switch
            {
                string field when features.Contains(field) => Field(item, field),
                string template => PythonLiteral.Parse(Render(template, item)),
                PythonMap map => map.Values,
                List<object?> list => list,
                _ => throw new FormatException("it is neither a template nor a list"),
            };
            return found is IReadOnlyList<object?> several
                ? [.. several.Select(PythonValue.Text)]
                : throw new FormatException($"it gives {PythonValue.Word(found)}, not a list");
        });

    /// <summary>A text that stands around questions, such as a description.</summary>
    public string Around(string key, object? how, TaskDocument item, bool isShot = false) => config.Run(key, item.Number, () => how switch
    {
        null => "",
        string field when (isShot ? item.Fields.Keys : features).Contains(field) => PythonValue.Text(item.Fields.GetValueOrDefault(field)),
        string template => Render(template, item),
        _ => throw new FormatException($"it is {PythonValue.Word(how)}, not a text"),
    });

    private static object? Field(TaskDocument item, string name) =>
        item.Fields.TryGetValue(name, out object? value) ? value : throw new FormatException($"there is no field '{name}'");

    private string Render(string source, TaskDocument item)
    {
        if (!_templates.TryGetValue(source, out TextTemplate? template))
        {
            _templates.Add(source, template = new TextTemplate(source));
        }

        return template.RenderOrThrow(item.Fields);
    }

    // Digits are an index where there are choices.
    private object Digits(string text) =>
        config.HasChoices && text.Length > 0 && text.All(char.IsDigit) ? PythonLiteral.Parse(text)! : text;

    private static object ListOr(string text)
    {
        try
        {
            return PythonLiteral.Parse(text)!;
        }
        catch (FormatException)
        {
            return text;
        }
    }
}
