using System.Collections;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>A tuple; the filters of Jinja name the parts of some.</summary>
internal sealed class PythonTuple(IReadOnlyList<object?> items, params IReadOnlyList<string> names) : IReadOnlyList<object?>
{
    public int Count => items.Count;

    /// <summary>What the parts are called; may be empty.</summary>
    public IReadOnlyList<string> Names => names;

    public object? this[int index] => items[index];

    public IEnumerator<object?> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary><c>range(first, end, step)</c></summary>
internal sealed class PythonRange(long first, long end, long step) : IReadOnlyList<object?>
{
    public long First => first;

    public long End => end;

    public long Step => step;

    public int Count { get; } = (int)Math.Min(int.MaxValue,
        Math.Max(0, step > 0 ? (end - first + step - 1) / step : (first - end - step - 1) / -step));

    public object? this[int index] => first + (index * step);

    public IEnumerator<object?> GetEnumerator() => Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>A mapping that keeps the order in which keys came.</summary>
internal sealed class PythonMap
{
    private readonly Dictionary<object, int> _places = new(PythonKeys.Instance);
    private readonly List<object?> _keys = [];
    private readonly List<object?> _values = [];

    public PythonMap(IEnumerable<(object? Key, object? Value)> entries)
    {
        foreach ((object? key, object? value) in entries)
        {
            Set(key, value);
        }
    }

    public int Count => _keys.Count;

    public IReadOnlyList<object?> Keys => _keys;

    public IReadOnlyList<object?> Values => _values;

    public IEnumerable<(object? Key, object? Value)> Entries => _keys.Zip(_values);

    public void Set(object? key, object? value)
    {
        if (_places.TryAdd(PythonKeys.Of(key), _keys.Count))
        {
            _keys.Add(key);
            _values.Add(value);
        }
        else
        {
            _values[_places[PythonKeys.Of(key)]] = value;
        }
    }

    public bool TryGet(object? key, out object? value)
    {
        bool isThere = _places.TryGetValue(PythonKeys.Of(key), out int place);
        value = isThere ? _values[place] : null;
        return isThere;
    }
}

/// <summary>Keys of mappings: 1, 1.0 and true are the same.</summary>
internal sealed class PythonKeys : IEqualityComparer<object>
{
    public static PythonKeys Instance { get; } = new();

    /// <summary>A key that is never <see langword="null"/>.</summary>
    /// <exception cref="FormatException">It cannot be a key.</exception>
    public static object Of(object? key) => key switch
    {
        null => DBNull.Value,
        PythonTuple or string or bool or long or double or DateTime => key,
        _ => throw new FormatException($"{PythonValue.Word(key)} cannot be a key"),
    };

    public new bool Equals(object? x, object? y) => PythonOperators.AreEqual(x, y);

    public int GetHashCode(object key) => key switch
    {
        string text => text.GetHashCode(StringComparison.Ordinal),
        PythonTuple tuple =>
            tuple.Aggregate(17, (code, item) => HashCode.Combine(code, item is PythonTuple inner ? inner.Count : GetHashCode(Of(item)))),
        _ => PythonValue.AsNumber(key)?.GetHashCode() ?? key.GetHashCode(),
    };
}

/// <summary>A type, of which only the name is known.</summary>
internal sealed record PythonClass(string Name);

/// <summary>What is not there: it may be asked for, and used for nothing else unless <paramref name="IsLenient"/>.</summary>
/// <param name="Message">What is missing.</param>
/// <param name="IsLenient">Whether it counts as empty, as in chat templates.</param>
internal sealed record Undefined(string Message, bool IsLenient)
{
    /// <summary>What it counts for.</summary>
    /// <exception cref="FormatException">It counts for nothing.</exception>
    public T OrThrow<T>(T empty) => IsLenient ? empty : throw new FormatException(Message);
}

/// <summary>A function that a template can call.</summary>
/// <param name="arguments">What it is called with.</param>
internal delegate object? PythonFunction(PythonArguments arguments);
