using System.Text;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A text with places that are filled from an item's fields: <c>Question: {{question}}</c>.</summary>
/// <remarks>
/// Expressions are those of Jinja that task files are written in, with Python's meaning. What is not one of them, and a field that an item
/// lacks, is an error; nothing is rendered as an empty text.
/// </remarks>
internal sealed class TextTemplate
{
    private readonly string _source;
    private readonly List<(string Text, Expression? Value)> _parts = [];

    /// <summary>Reads a template.</summary>
    /// <exception cref="MergeHostException">MH6002: something in it is not understood.</exception>
    public TextTemplate(string source)
    {
        _source = source;
        int place = 0;
        while (place < source.Length)
        {
            int open = source.IndexOf('{', place);
            if (open < 0 || open + 1 == source.Length)
            {
                break;
            }

            switch (source[open + 1])
            {
                case '{':
                    int close = source.IndexOf("}}", open, StringComparison.Ordinal);
                    string inner = close < 0 ? throw TemplateException.Of(source, "'{{' has no '}}'") : source[(open + 2)..close];
                    _parts.Add((source[place..open], null));
                    _parts.Add((inner, new ExpressionParser(source, inner).Parse()));
                    place = close + 2;
                    break;
                case '%' or '#':
                    throw TemplateException.Of(source, $"'{source.AsSpan(open, 2)}' is not supported");
                default:
                    _parts.Add((source[place..(open + 1)], null));
                    place = open + 1;
                    break;
            }
        }

        _parts.Add((source[place..], null));
    }

    /// <summary>Fills in an item's fields.</summary>
    /// <exception cref="MergeHostException">MH6002: a field is not there, or is of the wrong type.</exception>
    public string Render(IReadOnlyDictionary<string, object?> fields)
    {
        StringBuilder text = new();
        foreach ((string part, Expression? value) in _parts)
        {
            text.Append(value is null ? part : (string)Run(all => PythonValue.Text(value(all)), fields)!);
        }

        return text.ToString();
    }

    /// <summary>The value of a template that is a single expression, a list for example; of any other its text.</summary>
    /// <exception cref="MergeHostException">MH6002: a field is not there, or is of the wrong type.</exception>
    public object? Evaluate(IReadOnlyDictionary<string, object?> fields) => _parts switch
    {
        [("", null), (_, { } value), ("", null)] => Run(value, fields),
        _ => Render(fields),
    };

    private object? Run(Expression value, IReadOnlyDictionary<string, object?> fields)
    {
        try
        {
            return value(fields);
        }
        catch (FormatException exception)
        {
            throw TemplateException.Of(_source, $"item '{PythonValue.Text(fields.GetValueOrDefault("id"))}': {exception.Message}");
        }
    }
}

/// <summary>Computes a value from an item's fields.</summary>
/// <exception cref="FormatException">A field is not there, or is of the wrong type.</exception>
internal delegate object? Expression(IReadOnlyDictionary<string, object?> fields);
