using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Python's operators.</summary>
internal static class PythonOperators
{
    // Of texts and lists that are made by repetition.
    private const int MostItems = 1 << 20;

    /// <summary><c>==</c></summary>
    /// <exception cref="FormatException">A value is not there, or holds too many others or too deep ones.</exception>
    public static bool AreEqual(object? left, object? right)
    {
        int steps = TemplateLimits.Steps;
        return AreEqual(left, right, 0, ref steps);
    }

    /// <summary><c>==</c>, <c>!=</c>, <c>in</c>, <c>not in</c> and the orders.</summary>
    /// <exception cref="FormatException">The values have no order.</exception>
    public static bool Compare(object? left, string sign, object? right) => sign switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "in" => Contains(right, left),
        "not in" => !Contains(right, left),
        _ => Order(left, right) is var order && sign switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        },
    };

    /// <summary>Which of two values is the larger, as a sorter has it.</summary>
    /// <exception cref="FormatException">They have no order.</exception>
    public static int Order(object? left, object? right) => Order(left, right, 0);

    private static int Order(object? left, object? right, int depth) => (left, right) switch
    {
        _ when depth > TemplateLimits.Depth => throw TooDeep(),
        (string a, string b) => PythonText.Compare(a, b),
        (long a, long b) => a.CompareTo(b),
        (DateTime a, DateTime b) => a.CompareTo(b),
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) when a is PythonTuple == b is PythonTuple => OrderOf(a, b, depth),
        _ when PythonValue.AsNumber(left) is { } a && PythonValue.AsNumber(right) is { } b => a.CompareTo(b),
        _ => throw new FormatException($"{PythonValue.Word(left)} and {PythonValue.Word(right)} have no order"),
    };

    /// <summary><c>+ - * / // % **</c> and <c>~</c>, which joins values as texts.</summary>
    /// <exception cref="FormatException">The operator does not take these values.</exception>
    public static object Apply(object? left, string sign, object? right)
    {
        try
        {
            return (left, sign, right) switch
            {
                (_, "~", _) => Join(PythonValue.Text(left), PythonValue.Text(right)),
                (Undefined missing, _, _) => throw new FormatException(missing.Message),
                (_, _, Undefined missing) => throw new FormatException(missing.Message),
                (string a, "+", string b) => Join(a, b),
                (PythonTuple a, "+", PythonTuple b) => TemplateLimits.Bounded((long)a.Count + b.Count, () => new PythonTuple([.. a, .. b])),
                (PythonTuple, "+", _) or (_, "+", PythonTuple) => throw Wrong(left, sign, right),
                (IReadOnlyList<object?> a, "+", IReadOnlyList<object?> b) =>
                    TemplateLimits.Bounded((long)a.Count + b.Count, () => a.Concat(b).ToList()),
                (string text, "%", _) => PythonFormat.Percent(text, right),
                (string or IReadOnlyList<object?>, "*", long or bool) => Repeat(left, PythonValue.AsWhole(right)!.Value),
                (long or bool, "*", string or IReadOnlyList<object?>) => Repeat(right, PythonValue.AsWhole(left)!.Value),
                _ when PythonValue.AsWhole(left) is { } a && PythonValue.AsWhole(right) is { } b => Whole(a, sign, b),
                _ when PythonValue.AsNumber(left) is { } a && PythonValue.AsNumber(right) is { } b => Fraction(a, sign, b),
                _ => throw Wrong(left, sign, right),
            };
        }
        catch (OverflowException)
        {
            throw new FormatException($"the result of '{sign}' is beyond 64 bits");
        }
    }

    /// <summary><c>-value</c> and <c>+value</c>.</summary>
    public static object Sign(string sign, object? value) => value switch
    {
        double number => (object)(sign == "-" ? -number : number),
        _ when PythonValue.AsWhole(value) is { } whole => sign == "-" ? -whole : whole,
        _ => throw new FormatException($"'{sign}' does not take {PythonValue.Word(value)}"),
    };

    private static string Join(string left, string right) => TemplateLimits.Bounded((long)left.Length + right.Length, () => left + right);

    private static FormatException Wrong(object? left, string sign, object? right) =>
        new($"'{sign}' does not join {PythonValue.Word(left)} and {PythonValue.Word(right)}");

    private static FormatException TooDeep() =>
        new($"values that hold more than {TemplateLimits.Steps} others, or {TemplateLimits.Depth} inside of each other, are not compared");

    // A value may hold another many times, and these others again, without taking any memory for it.
    private static bool AreEqual(object? left, object? right, int depth, ref int steps)
    {
        if (depth > TemplateLimits.Depth || --steps < 0)
        {
            throw TooDeep();
        }

        return (left, right) switch
        {
            (Undefined missing, _) => missing.OrThrow(right is Undefined),
            (_, Undefined missing) => missing.OrThrow(false),
            (string or null, _) or (_, string or null) => Equals(left, right),
            (PythonMap a, PythonMap b) => a.Count == b.Count && AreEqual(a, b, depth, ref steps),
            (IReadOnlyList<object?> a, IReadOnlyList<object?> b) =>
                a is PythonTuple == b is PythonTuple && a.Count == b.Count && AreEqual(a, b, depth, ref steps),
            (long a, double b) => a == b && (Math.Abs(b) < 1e15 || (long)b == a),
            (double a, long b) => b == a && (Math.Abs(a) < 1e15 || (long)a == b),
            _ => PythonValue.AsNumber(left) is { } a && PythonValue.AsNumber(right) is { } b
                ? a == b && (left is not long x || right is not long y || x == y)
                : Equals(left, right),
        };
    }

    private static bool AreEqual(PythonMap left, PythonMap right, int depth, ref int steps)
    {
        foreach ((object? key, object? value) in left.Entries)
        {
            if (!right.TryGet(key, out object? other) || !AreEqual(value, other, depth + 1, ref steps))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth, ref int steps)
    {
        for (int i = 0; i < left.Count; i++)
        {
            if (!AreEqual(left[i], right[i], depth + 1, ref steps))
            {
                return false;
            }
        }

        return true;
    }

    private static int OrderOf(IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (!AreEqual(left[i], right[i]))
            {
                return Order(left[i], right[i], depth + 1);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static bool Contains(object? holder, object? value) => holder switch
    {
        string text =>
            text.Contains(value as string ?? throw new FormatException($"a text does not hold {PythonValue.Word(value)}"),
                StringComparison.Ordinal),
        PythonMap map => map.TryGet(value, out _),
        IReadOnlyList<object?> items => items.Any(item => AreEqual(item, value)),
        Undefined missing => missing.OrThrow(false),
        _ => throw new FormatException($"{PythonValue.Word(holder)} holds nothing"),
    };

    private static object Repeat(object? value, long count)
    {
        long times = Math.Max(0, count);
        long length = value is string text ? text.Length : ((IReadOnlyList<object?>)value!).Count;
        if (times > MostItems / Math.Max(1, length))
        {
            throw new FormatException($"'*' would make more than {MostItems} items");
        }

        if (value is string one)
        {
            return string.Concat(Enumerable.Repeat(one, (int)times));
        }

        List<object?> items = [.. Enumerable.Repeat((IReadOnlyList<object?>)value!, (int)times).SelectMany(list => list)];
        return value is PythonTuple ? new PythonTuple(items) : items;
    }

    private static object Whole(long a, string sign, long b) => sign switch
    {
        "+" => (object)checked(a + b),
        "-" => checked(a - b),
        "*" => checked(a * b),
        "/" => Fraction(a, sign, b),
        "**" => b >= 0 ? (object)Power(a, b) : Math.Pow(a, b),
        _ when b == 0 => throw new FormatException("division by zero"),
        "//" => checked(a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
        _ => ((a % b) + b) % b,
    };

    private static long Power(long number, long exponent)
    {
        long power = 1;
        for (long i = 0; i < (number is 0 or 1 or -1 ? Math.Min(exponent, 2 + (exponent % 2)) : exponent); i++)
        {
            power = checked(power * number);
        }

        return power;
    }

    private static double Fraction(double a, string sign, double b) => sign switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw new FormatException("division by zero"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        _ => a - (b * Math.Floor(a / b)),
    };
}
