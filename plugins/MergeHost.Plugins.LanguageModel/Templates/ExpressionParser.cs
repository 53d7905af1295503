using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Reads an expression of a template.</summary>
/// <param name="template">The template, for messages.</param>
/// <param name="text">The expression.</param>
internal sealed class ExpressionParser(string template, string text)
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">=", "in"];

    private readonly ExpressionScanner _words = new(template, text);

    /// <summary>Reads it.</summary>
    /// <exception cref="MergeHostException">MH6002: something in it is not understood.</exception>
    public Expression Parse()
    {
        Expression value = ReadChoice();
        return _words.Peek.Length == 0 ? value : throw NotUnderstood(_words.Peek);
    }

    private Expression ReadChoice()
    {
        Expression value = ReadEither();
        if (_words.TakeAny("if") is null)
        {
            return value;
        }

        Expression condition = ReadEither();
        Expect("else");
        Expression other = ReadChoice();
        return fields => PythonValue.IsTrue(condition(fields)) ? value(fields) : other(fields);
    }

    private Expression ReadEither()
    {
        Expression left = ReadBoth();
        while (_words.TakeAny("or") is not null)
        {
            (Expression first, Expression second) = (left, ReadBoth());
            left = fields => first(fields) is var found && PythonValue.IsTrue(found) ? found : second(fields);
        }

        return left;
    }

    private Expression ReadBoth()
    {
        Expression left = ReadNot();
        while (_words.TakeAny("and") is not null)
        {
            (Expression first, Expression second) = (left, ReadNot());
            left = fields => first(fields) is var found && PythonValue.IsTrue(found) ? second(fields) : found;
        }

        return left;
    }

    private Expression ReadNot()
    {
        if (_words.TakeAny("not") is null)
        {
            return ReadComparison();
        }

        Expression value = ReadNot();
        return fields => !PythonValue.IsTrue(value(fields));
    }

    private Expression ReadComparison()
    {
        Expression left = ReadSum();
        if (_words.TakeAny(_comparisons) is not { } sign)
        {
            return left;
        }

        Expression right = ReadSum();
        return fields => PythonValue.Compare(left(fields), sign, right(fields));
    }

    private Expression ReadSum()
    {
        Expression left = ReadFiltered();
        while (_words.TakeAny("+", "-", "~") is { } sign)
        {
            (Expression first, Expression second) = (left, ReadFiltered());
            left = fields => PythonValue.Add(first(fields), sign, second(fields));
        }

        return left;
    }

    private Expression ReadFiltered()
    {
        Expression value = ReadPath();
        while (_words.TakeAny("|") is not null)
        {
            string name = _words.Take();
            value = Call(value, TemplateFunctions.FindFilter(name) ?? throw NotUnderstood($"| {name}"), _words.TakeAny("(") is null ? [] : ReadList(")"));
        }

        return value;
    }

    private Expression ReadPath()
    {
        Expression value = ReadValue();
        while (_words.TakeAny(".", "[") is { } sign)
        {
            if (sign == "[")
            {
                (Expression holder, Expression index) = (value, ReadChoice());
                Expect("]");
                value = fields => PythonValue.Item(holder(fields), index(fields));
                continue;
            }

            string name = _words.Take();
            Expression owner = value;
            value = _words.TakeAny("(") is null
                ? fields => PythonValue.Item(owner(fields), name)
                : Call(value, TemplateFunctions.FindMethod(name) ?? throw NotUnderstood($".{name}()"), ReadList(")"));
        }

        return value;
    }

    private Expression ReadValue()
    {
        string word = _words.Take();
        switch (word)
        {
            case "(":
                Expression inner = ReadChoice();
                Expect(")");
                return inner;
            case "[":
                List<Expression> items = ReadList("]");
                return fields => items.ConvertAll(item => item(fields));
            case "-":
                Expression number = ReadPath();
                return fields => PythonValue.Add(0L, "-", number(fields));
            case "true" or "True" or "false" or "False":
                return _ => word is "true" or "True";
            case "none" or "None":
                return _ => null;
            case ['\'' or '"', ..]:
                string literal = Regex.Unescape(word[1..^1]);
                return _ => literal;
            case [>= '0' and <= '9', ..]:
                object parsed = long.TryParse(word, CultureInfo.InvariantCulture, out long whole) ? (object)whole : double.Parse(word, CultureInfo.InvariantCulture);
                return _ => parsed;
            case [(>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_', ..] when _words.Peek != "(":
                return fields => fields.TryGetValue(word, out object? field) ? field : throw new FormatException($"there is no field '{word}'");
            default:
                throw NotUnderstood(word.Length == 0 ? text.Trim() : word);
        }
    }

    private List<Expression> ReadList(string end)
    {
        List<Expression> items = [];
        while (_words.TakeAny(end) is null)
        {
            items.Add(ReadChoice());
            if (_words.Peek != end)
            {
                Expect(",");
            }
        }

        return items;
    }

    private static Expression Call(Expression value, TemplateFunction function, List<Expression> arguments) =>
        fields => function(value(fields), arguments.ConvertAll(argument => argument(fields)));

    private void Expect(string word)
    {
        if (_words.TakeAny(word) is null)
        {
            throw TemplateException.Of(template, $"expected '{word}', found '{_words.Peek}'");
        }
    }

    private MergeHostException NotUnderstood(string what) => TemplateException.Of(template, $"'{what}' is not supported");
}
