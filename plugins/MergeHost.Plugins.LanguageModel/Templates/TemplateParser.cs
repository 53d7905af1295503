using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Reads the blocks of a template.</summary>
internal sealed class TemplateParser(IReadOnlyList<Segment> segments, TemplateOptions options)
{
    private int _place;
    private int _depth;
    private int _loops;

    /// <summary>Reads the whole template.</summary>
    /// <exception cref="FormatException">Something in it is not understood.</exception>
    public Statement ReadAll()
    {
        Statement body = ReadBody([]);
        return _place == segments.Count ? body : throw new FormatException($"'{{% {Word(segments[_place])} %}}' closes nothing");
    }

    // Up to a block that begins with one of these words, which is left to be read.
    private Statement ReadBody(params string[] ends)
    {
        if (++_depth > TemplateLimits.Depth)
        {
            throw new FormatException($"blocks are deeper than {TemplateLimits.Depth}");
        }

        List<Statement> parts = [];
        while (_place < segments.Count && !(segments[_place].IsBlock && ends.Contains(Word(segments[_place]))))
        {
            Segment segment = segments[_place++];
            parts.Add(segment.Text is { } text ? WriteText(text) : segment.IsBlock ? ReadBlock(segment) : WriteValue(segment));
        }

        if (ends.Length > 0 && _place == segments.Count)
        {
            throw new FormatException($"'{{% {ends[^1]} %}}' is missing");
        }

        _depth--;
        return (scope, output) =>
        {
            foreach (Statement part in parts)
            {
                if (part(scope, output) is not Flow.Next and Flow flow)
                {
                    return flow;
                }
            }

            return Flow.Next;
        };
    }

    private static string Word(Segment segment) => segment.Tokens.Count > 0 ? segment.Tokens[0].Text : "";

    private static Statement WriteText(string text) => (_, output) =>
    {
        TemplateLimits.Append(output, text);
        return Flow.Next;
    };

    private static Statement WriteValue(Segment segment)
    {
        ExpressionParser words = new(segment.Tokens);
        Expression value = words.ReadTuple();
        words.ExpectEnd();
        return (scope, output) =>
        {
            TemplateLimits.Append(output, PythonValue.Text(value(scope)));
            return Flow.Next;
        };
    }

    private Statement ReadBlock(Segment segment)
    {
        ExpressionParser words = new(segment.Tokens);
        string name = words.TakeName();
        Statement block = name switch
        {
            "if" => ReadIf(words),
            "for" => ReadFor(words),
            "set" => ReadSet(words),
            "macro" => ReadMacro(words),
            "with" => ReadWith(words),
            "filter" => ReadFilter(words),
            "generation" when options.IsLenient => ReadPlain("endgeneration"),
            "break" or "continue" when options.HasLoopControls && _loops > 0 => (_, _) => name == "break" ? Flow.Break : Flow.Continue,
            _ => throw new FormatException($"'{{% {name} %}}' is not supported here"),
        };
        words.ExpectEnd();
        return block;
    }

    // The words of the block that ends a body.
    private ExpressionParser TakeEnd(out string word)
    {
        ExpressionParser words = new(segments[_place++].Tokens);
        word = words.TakeName();
        return words;
    }

    private void TakeEnd() => TakeEnd(out _).ExpectEnd();

    private Statement ReadPlain(string end)
    {
        Statement body = ReadBody(end);
        TakeEnd();
        return body;
    }

    private Statement ReadIf(ExpressionParser words)
    {
        List<(Expression? Condition, Statement Body)> branches = [(words.ReadTuple(), ReadBody("elif", "else", "endif"))];
        words.ExpectEnd();
        while (true)
        {
            ExpressionParser next = TakeEnd(out string word);
            if (word == "endif")
            {
                next.ExpectEnd();
                return (scope,
                    output) => branches.FirstOrDefault(branch => branch.Condition is null
                        || PythonValue.IsTrue(branch.Condition(scope))).Body?.Invoke(scope, output) ?? Flow.Next;
            }

            Expression? condition = word == "elif" ? next.ReadTuple() : null;
            next.ExpectEnd();
            branches.Add((condition, condition is null ? ReadBody("endif") : ReadBody("elif", "else", "endif")));
        }
    }

    private Statement ReadFor(ExpressionParser words)
    {
        List<string> names = ReadNames(words);
        words.Expect("in");
        Expression source = words.ReadTuple(hasCondition: false);
        Expression? condition = words.TryTake("if") ? words.Read() : null;
        if (words.TryTake("recursive"))
        {
            throw new FormatException("loops that call themselves are not supported");
        }

        words.ExpectEnd();
        _loops++;
        Statement body = ReadBody("else", "endfor");
        _loops--;
        TakeEnd(out string word).ExpectEnd();
        Statement? otherwise = word == "else" ? ReadPlain("endfor") : null;
        return (scope, output) =>
        {
            List<object?> items = [.. PythonValue.Items(source(scope))
                .Where(item => condition is null || PythonValue.IsTrue(condition(Bind(scope, names, item))))];
            TemplateLoop? outer = scope.Get("loop") as TemplateLoop;
            for (int i = 0; i < items.Count; i++)
            {
                scope.Step();
                TemplateScope inner = Bind(scope, names, items[i]);
                inner.Set("loop", new TemplateLoop(items, i, outer));
                if (body(inner, output) == Flow.Break)
                {
                    break;
                }
            }

            return items.Count == 0 && otherwise is not null ? otherwise(scope.Inner(), output) : Flow.Next;
        };
    }

    private static List<string> ReadNames(ExpressionParser words)
    {
        bool isGroup = words.TryTake("(");
        List<string> names = [words.TakeName()];
        while (words.TryTake(","))
        {
            names.Add(words.TakeName());
        }

        if (isGroup)
        {
            words.Expect(")");
        }

        return names;
    }

    private static TemplateScope Bind(TemplateScope scope, List<string> names, object? value)
    {
        TemplateScope inner = scope.Inner();
        Assign(inner, names, value);
        return inner;
    }

    private static void Assign(TemplateScope scope, List<string> names, object? value)
    {
        if (names.Count == 1)
        {
            scope.Set(names[0], value);
            return;
        }

        IReadOnlyList<object?> parts = PythonValue.Items(value);
        if (parts.Count != names.Count)
        {
            throw new FormatException($"{parts.Count} values do not go into {names.Count} names");
        }

        foreach ((string name, object? part) in names.Zip(parts))
        {
            scope.Set(name, part);
        }
    }

    private Statement ReadSet(ExpressionParser words)
    {
        List<string> names = ReadNames(words);
        string? field = names.Count == 1 && words.TryTake(".") ? words.TakeName() : null;
        if (words.TryTake("="))
        {
            Expression value = words.ReadTuple();
            return (scope, _) => Set(scope, value(scope));
        }

        List<Func<TemplateScope, object?, object?>> filters = ReadFilters(words);
        words.ExpectEnd();
        Statement body = ReadPlain("endset");
        return (scope, _) =>
        {
            StringBuilder text = new();
            body(scope.Inner(), text);
            return Set(scope, filters.Aggregate((object?)text.ToString(), (found, filter) => filter(scope, found)));
        };

        Flow Set(TemplateScope scope, object? value)
        {
            if (field is null)
            {
                Assign(scope, names, value);
            }
            else if (scope.Get(names[0]) is TemplateNamespace space)
            {
                space.Set(field, value);
            }
            else
            {
                throw new FormatException($"'{names[0]}' is no namespace");
            }

            return Flow.Next;
        }
    }

    private static List<Func<TemplateScope, object?, object?>> ReadFilters(ExpressionParser words)
    {
        List<Func<TemplateScope, object?, object?>> filters = [];
        while (words.TryTake("|"))
        {
            filters.Add(words.ReadFilter());
        }

        return filters;
    }

    private Statement ReadMacro(ExpressionParser words)
    {
        string name = words.TakeName();
        words.Expect("(");
        List<(string Name, Expression? Default)> parameters = [];
        while (!words.TryTake(")"))
        {
            parameters.Add((words.TakeName(), words.TryTake("=") ? words.Read() : null));
            if (!words.TryTake(","))
            {
                words.Expect(")");
                break;
            }
        }

        words.ExpectEnd();
        Statement body = ReadPlain("endmacro");
        return (scope, _) =>
        {
            scope.Set(name, new TemplateMacro(name, parameters, body, scope));
            return Flow.Next;
        };
    }

    private Statement ReadWith(ExpressionParser words)
    {
        List<(string Name, Expression Value)> values = [];
        while (words.Peek.Kind == TokenKind.Name)
        {
            string name = words.TakeName();
            words.Expect("=");
            values.Add((name, words.Read()));
            words.TryTake(",");
        }

        words.ExpectEnd();
        Statement body = ReadPlain("endwith");
        return (scope, output) =>
        {
            TemplateScope inner = scope.Inner();
            foreach ((string name, Expression value) in values)
            {
                inner.Set(name, value(scope));
            }

            return body(inner, output);
        };
    }

    private Statement ReadFilter(ExpressionParser words)
    {
        List<Func<TemplateScope, object?, object?>> filters = [words.ReadFilter(), .. ReadFilters(words)];
        words.ExpectEnd();
        Statement body = ReadPlain("endfilter");
        return (scope, output) =>
        {
            StringBuilder text = new();
            Flow flow = body(scope.Inner(), text);
            TemplateLimits.Append(output,
                PythonValue.Text(filters.Aggregate((object?)text.ToString(), (found, filter) => filter(scope, found))));
            return flow;
        };
    }
}
