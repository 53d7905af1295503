using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>A template in the language of Jinja: <c>Question: {{question}}</c>.</summary>
/// <remarks>
/// Values mean what they mean in Python. What is not understood, and a field that an item lacks, is an error; nothing is rendered as an
/// empty text. A template is read and rendered within <see cref="TemplateLimits"/>, and reaches nothing but its fields.
/// </remarks>
internal sealed class TextTemplate
{
    private readonly string _source;
    private readonly TemplateOptions _options;
    private readonly Statement _body;
    private readonly Expression? _single;

    /// <summary>Reads a template of a task.</summary>
    /// <exception cref="MergeHostException">MH6002: something in it is not understood.</exception>
    public TextTemplate(string source)
        : this(source, TemplateOptions.Task)
    {
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="MergeHostException">MH6002: something in it is not understood.</exception>
    public TextTemplate(string source, TemplateOptions options)
    {
        _source = source.Length <= TemplateLimits.Source
            ? source
            : throw TemplateException.Of(source[..100] + "…", $"it is longer than {TemplateLimits.Source} letters");
        _options = options;
        try
        {
            (_body, _single) = Bounded(() =>
            {
                IReadOnlyList<Segment> segments = new TemplateLexer(source, options).Run();
                return (new TemplateParser(segments, options).ReadAll(),
                    segments is [{ Text: null, IsBlock: false } only] ? new ExpressionParser(only.Tokens).ReadTuple() : null);
            });
        }
        catch (FormatException exception)
        {
            throw TemplateException.Of(source, exception.Message);
        }
    }

    /// <summary>Fills in an item's fields.</summary>
    /// <exception cref="MergeHostException">MH6002: a field is not there, or is of the wrong type.</exception>
    public string Render(IReadOnlyDictionary<string, object?> fields) => Run(() => RenderOrThrow(fields), fields);

    /// <summary>The value of a template that is a single expression, a list for example; of any other its text.</summary>
    /// <exception cref="MergeHostException">MH6002: a field is not there, or is of the wrong type.</exception>
    public object? Evaluate(IReadOnlyDictionary<string, object?> fields) => _single is null
        ? Render(fields)
        : Run(() => Bounded(() => _single(new TemplateScope(fields, _options)) is var value && value is Undefined missing
            ? missing.OrThrow("")
            : value), fields);

    /// <summary>Fills in fields.</summary>
    /// <exception cref="FormatException">A field is not there, or is of the wrong type.</exception>
    public string RenderOrThrow(IReadOnlyDictionary<string, object?> fields) => Bounded(() =>
    {
        StringBuilder text = new();
        _body(new TemplateScope(fields, _options), text);
        return text.ToString();
    });

    // A number beyond those of .NET, or that its library does not take, is the template's fault.
    private static T Bounded<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentException)
        {
            throw new FormatException("a number is beyond what a template may compute with", exception);
        }
    }

    private T Run<T>(Func<T> render, IReadOnlyDictionary<string, object?> fields)
    {
        try
        {
            return render();
        }
        catch (FormatException exception)
        {
            string item = fields.TryGetValue("id", out object? id) ? $"item '{PythonValue.Text(id)}': " : "";
            throw TemplateException.Of(_source, item + exception.Message);
        }
    }
}
