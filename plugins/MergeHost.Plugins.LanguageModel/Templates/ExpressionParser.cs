using System.Globalization;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates.Filters;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Reads the expressions of a tag, with the precedence that Jinja gives to operators.</summary>
internal sealed class ExpressionParser(IReadOnlyList<Token> tokens)
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private int _place;
    private int _depth;

    /// <summary>The next word; an empty sign at the end.</summary>
    public Token Peek => _place < tokens.Count ? tokens[_place] : new Token(TokenKind.Sign, "");

    /// <summary>Takes a sign or name if it comes next.</summary>
    public bool TryTake(string word)
    {
        bool isNext = Peek.Kind is TokenKind.Sign or TokenKind.Name && Peek.Text == word && _place < tokens.Count;
        _place += isNext ? 1 : 0;
        return isNext;
    }

    /// <exception cref="FormatException">Another word comes next.</exception>
    public void Expect(string word)
    {
        if (!TryTake(word))
        {
            throw new FormatException($"expected '{word}', found {Describe(Peek)}");
        }
    }

    /// <summary>Takes a name.</summary>
    /// <exception cref="FormatException">Something else comes next.</exception>
    public string TakeName() =>
        Peek.Kind == TokenKind.Name ? tokens[_place++].Text : throw new FormatException($"expected a name, found {Describe(Peek)}");

    /// <exception cref="FormatException">There is more.</exception>
    public void ExpectEnd()
    {
        if (_place < tokens.Count)
        {
            throw new FormatException($"{Describe(Peek)} is not understood");
        }
    }

    /// <summary>An expression, or several with commas between them as a tuple.</summary>
    public Expression ReadTuple(bool hasCondition = true)
    {
        Expression first = hasCondition ? Read() : ReadOr();
        if (Peek.Text != "," || Peek.Kind != TokenKind.Sign)
        {
            return first;
        }

        List<Expression> items = [first];
        while (TryTake(",") && StartsValue())
        {
            items.Add(hasCondition ? Read() : ReadOr());
        }

        return scope => new PythonTuple(items.ConvertAll(item => item(scope)));
    }

    /// <summary>An expression.</summary>
    public Expression Read()
    {
        if (++_depth > TemplateLimits.Depth)
        {
            throw new FormatException($"brackets are deeper than {TemplateLimits.Depth}");
        }

        Expression value = ReadOr();
        while (TryTake("if"))
        {
            Expression chosen = value;
            Expression condition = ReadOr();
            Expression? other = TryTake("else") ? Read() : null;
            value = scope => PythonValue.IsTrue(condition(scope)) ? chosen(scope)
                : other is not null ? other(scope)
                : new Undefined("the inline if has no else", IsLenient: true);
        }

        _depth--;
        return value;
    }

    /// <summary>An expression that is no choice between two.</summary>
    public Expression ReadOr()
    {
        Expression left = ReadAnd();
        while (TryTake("or"))
        {
            (Expression first, Expression second) = (left, ReadAnd());
            left = scope => first(scope) is var found && PythonValue.IsTrue(found) ? found : second(scope);
        }

        return left;
    }

    /// <summary>The arguments of a call, after its bracket.</summary>
    public Func<TemplateScope, string, PythonArguments> ReadArguments()
    {
        List<Expression> places = [];
        List<(string Name, Expression Value)> names = [];
        while (!TryTake(")"))
        {
            if (Peek.Kind == TokenKind.Name && _place + 1 < tokens.Count && tokens[_place + 1] is { Kind: TokenKind.Sign, Text: "=" })
            {
                string name = TakeName();
                Expect("=");
                names.Add((name, Read()));
            }
            else
            {
                places.Add(names.Count == 0 ? Read() : throw new FormatException("an argument without a name comes after one with a name"));
            }

            if (!TryTake(","))
            {
                Expect(")");
                break;
            }
        }

        return (scope, function) => new PythonArguments(
            function, places.ConvertAll(value => value(scope)), names.ConvertAll(argument => (argument.Name, argument.Value(scope))));
    }

    /// <summary>A filter, after its bar: what it makes of a value.</summary>
    public Func<TemplateScope, object?, object?> ReadFilter()
    {
        string name = TakeName();
        TemplateFilter filter = TemplateFilters.Find(name) ?? throw new FormatException($"filter '| {name}' is not supported");
        Func<TemplateScope, string, PythonArguments>? arguments = TryTake("(") ? ReadArguments() : null;
        return (scope,
            value) => TemplateFilters.Run(filter, name, scope, value, arguments?.Invoke(scope, name) ?? new PythonArguments(name, [], []));
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        while (TryTake("and"))
        {
            (Expression first, Expression second) = (left, ReadNot());
            left = scope => first(scope) is var found && PythonValue.IsTrue(found) ? second(scope) : found;
        }

        return left;
    }

    private Expression ReadNot()
    {
        if (!TryTake("not"))
        {
            return ReadComparison();
        }

        Expression value = Deeper(ReadNot);
        return scope => !PythonValue.IsTrue(value(scope));
    }

    private Expression ReadComparison()
    {
        Expression first = ReadSum();
        List<(string Sign, Expression Value)> others = [];
        while (true)
        {
            if (Peek.Kind == TokenKind.Sign && _comparisons.Contains(Peek.Text))
            {
                others.Add((tokens[_place++].Text, ReadSum()));
            }
            else if (TryTake("in"))
            {
                others.Add(("in", ReadSum()));
            }
            else if (Peek.Text == "not" && _place + 1 < tokens.Count && tokens[_place + 1].Text == "in")
            {
                _place += 2;
                others.Add(("not in", ReadSum()));
            }
            else
            {
                return others.Count == 0 ? first : scope => Compare(scope, first, others);
            }
        }
    }

    private static bool Compare(TemplateScope scope, Expression first, List<(string Sign, Expression Value)> others)
    {
        object? left = first(scope);
        foreach ((string sign, Expression value) in others)
        {
            object? right = value(scope);
            if (!PythonOperators.Compare(left, sign, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private Expression ReadSum() =>
        ReadOperators(() =>
            ReadOperators(() => ReadOperators(() => ReadOperators(() => ReadUnary(true), () => ReadUnary(true), "**"), null, "*", "/", "//",
                "%"), null, "~"), null, "+", "-");

    private Expression ReadOperators(Func<Expression> read, Func<Expression>? readRight, params string[] signs)
    {
        Expression left = read();
        while (Peek.Kind == TokenKind.Sign && signs.Contains(Peek.Text))
        {
            string sign = tokens[_place++].Text;
            (Expression first, Expression second) = (left, (readRight ?? read)());
            left = scope => PythonOperators.Apply(first(scope), sign, second(scope));
        }

        return left;
    }

    private Expression ReadUnary(bool hasFilters)
    {
        if (Peek is { Kind: TokenKind.Sign, Text: "-" or "+" })
        {
            string sign = tokens[_place++].Text;
            Expression inner = Deeper(() => ReadUnary(false));
            return ReadFilters(scope => PythonOperators.Sign(sign, inner(scope)), hasFilters);
        }

        return ReadFilters(ReadPostfix(ReadPrimary()), hasFilters);
    }

    private Expression Deeper(Func<Expression> read)
    {
        if (++_depth > TemplateLimits.Depth)
        {
            throw new FormatException($"brackets are deeper than {TemplateLimits.Depth}");
        }

        Expression value = read();
        _depth--;
        return value;
    }

    private Expression ReadFilters(Expression value, bool hasFilters)
    {
        while (hasFilters)
        {
            Expression before = value;
            if (TryTake("|"))
            {
                Func<TemplateScope, object?, object?> filter = ReadFilter();
                value = scope => filter(scope, before(scope));
            }
            else if (TryTake("is"))
            {
                value = ReadTest(before);
            }
            else if (TryTake("("))
            {
                value = ReadCall(before, "the result of a filter");
            }
            else
            {
                return value;
            }
        }

        return value;
    }

    private Expression ReadTest(Expression value)
    {
        bool isNegated = TryTake("not");
        string name = TakeName();
        TemplateTest test = TemplateTests.Find(name) ?? throw new FormatException($"test 'is {name}' is not supported");
        Func<TemplateScope, string, PythonArguments>? arguments = null;
        if (TryTake("("))
        {
            arguments = ReadArguments();
        }
        else if (StartsValue() && !(Peek.Kind == TokenKind.Name && Peek.Text is "else" or "or" or "and" or "is" or "if" or "in" or "not")
            && Peek.Text is not ("-" or "+"))
        {
            Expression one = ReadPostfix(ReadPrimary());
            arguments = (scope, function) => new PythonArguments(function, [one(scope)], []);
        }

        return scope => test(value(scope), arguments?.Invoke(scope, name) ?? new PythonArguments(name, [], [])) != isNegated;
    }

    private bool StartsValue() => Peek.Kind != TokenKind.Sign || Peek.Text is "(" or "[" or "{" or "-" or "+";

    private Expression ReadPostfix(Expression value)
    {
        string name = "this";
        while (true)
        {
            Expression holder = value;
            if (TryTake("."))
            {
                Token token = Peek;
                _place++;
                name = token.Kind is TokenKind.Name or TokenKind.Number
                    ? token.Text
                    : throw new FormatException($"expected a name after '.', found {Describe(token)}");
                object key = token.Kind == TokenKind.Number ? long.Parse(token.Text, CultureInfo.InvariantCulture) : token.Text;
                value = token.Kind == TokenKind.Number
                    ? scope => TemplateAccess.Item(holder(scope), key, scope.Options)
                    : scope => TemplateAccess.Attribute(holder(scope), token.Text, scope.Options);
            }
            else if (TryTake("["))
            {
                value = ReadSubscript(holder);
            }
            else if (TryTake("("))
            {
                value = ReadCall(holder, name);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadCall(Expression function, string name)
    {
        Func<TemplateScope, string, PythonArguments> arguments = ReadArguments();
        return scope =>
        {
            scope.Step();
            return function(scope) switch
            {
                PythonFunction known => known(arguments(scope, name)),
                TemplateMacro macro => macro.Call(scope, arguments(scope, macro.Name)),
                Undefined missing => throw new FormatException(missing.Message),
                object other => throw new FormatException($"{PythonValue.Word(other)} cannot be called"),
                null => throw new FormatException("none cannot be called"),
            };
        };
    }

    private Expression ReadSubscript(Expression holder)
    {
        Expression? first = Peek.Text == ":" ? null : ReadTuple();
        if (!TryTake(":"))
        {
            Expression index = first ?? throw new FormatException("'[]' names no item");
            Expect("]");
            return scope => TemplateAccess.Item(holder(scope), index(scope), scope.Options);
        }

        Expression? end = Peek.Text is ":" or "]" ? null : Read();
        Expression? step = TryTake(":") && Peek.Text != "]" ? Read() : null;
        Expect("]");
        return scope => TemplateAccess.Slice(holder(scope), first?.Invoke(scope), end?.Invoke(scope), step?.Invoke(scope));
    }

    private Expression ReadPrimary()
    {
        Token token = Peek;
        if (_place >= tokens.Count)
        {
            throw new FormatException("an expression ends too early");
        }

        _place++;
        switch (token.Kind)
        {
            case TokenKind.Text:
                string text = token.Text;
                while (Peek.Kind == TokenKind.Text)
                {
                    text += tokens[_place++].Text;
                }

                return _ => text;
            case TokenKind.Number:
                object number = TemplateNumber.Parse(token.Text);
                return _ => number;
            case TokenKind.Name:
                return ReadName(token.Text);
            default:
                return Deeper(() => token.Text switch
                {
                    "(" => ReadGroup(),
                    "[" => ReadList(),
                    "{" => ReadMap(),
                    _ => throw new FormatException($"{Describe(token)} is not understood"),
                });
        }
    }

    private static Expression ReadName(string name)
    {
        switch (name)
        {
            case "true" or "True":
                return _ => true;
            case "false" or "False":
                return _ => false;
            case "none" or "None":
                return _ => null;
            case "if" or "else" or "and" or "or" or "not" or "in" or "is":
                throw new FormatException($"'{name}' is not understood");
            default:
                return scope => scope.Get(name);
        }
    }

    private Expression ReadGroup()
    {
        if (TryTake(")"))
        {
            return _ => new PythonTuple([]);
        }

        Expression value = ReadTuple();
        Expect(")");
        return value;
    }

    private Expression ReadList()
    {
        List<Expression> items = [];
        while (!TryTake("]"))
        {
            items.Add(Read());
            if (!TryTake(","))
            {
                Expect("]");
                break;
            }
        }

        return scope => items.ConvertAll(item => item(scope));
    }

    private Expression ReadMap()
    {
        List<(Expression Key, Expression Value)> entries = [];
        while (!TryTake("}"))
        {
            Expression key = Read();
            Expect(":");
            entries.Add((key, Read()));
            if (!TryTake(","))
            {
                Expect("}");
                break;
            }
        }

        return scope => new PythonMap(entries.Select(entry => (entry.Key(scope), entry.Value(scope))));
    }

    private static string Describe(Token token) => token.Text.Length == 0 && token.Kind == TokenKind.Sign ? "the end" : $"'{token.Text}'";
}
