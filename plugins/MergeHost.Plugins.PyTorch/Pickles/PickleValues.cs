namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>A value that holds others.</summary>
/// <remarks>
/// Beside these, values are <see langword="null"/>, <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>,
/// <see cref="double"/>, <see cref="string"/>, and what a dialect makes. None of them can do anything.
/// </remarks>
internal abstract class PickleContainer
{
    private const int MostDepth = 200;

    /// <summary>How deep it is nested: 1 if it holds no other container.</summary>
    public int Depth { get; private set; } = 1;

    protected void Hold(object? value)
    {
        if (ReferenceEquals(value, this))
        {
            throw PickleFault.Refused("a value that holds itself");
        }

        Depth = Math.Max(Depth, value is PickleContainer inner ? inner.Depth + 1 : 1);
        if (Depth > MostDepth)
        {
            throw PickleFault.Limit($"values are nested deeper than {MostDepth}");
        }
    }
}

/// <summary>A tuple.</summary>
internal sealed class PickleTuple : PickleContainer
{
    public PickleTuple(object?[] items)
    {
        Items = items;
        foreach (object? item in items)
        {
            Hold(item);
        }
    }

    public object?[] Items { get; }
}

/// <summary>A list.</summary>
internal sealed class PickleList : PickleContainer
{
    private readonly List<object?> _items = [];

    public IReadOnlyList<object?> Items => _items;

    public void Add(object? item)
    {
        Hold(item);
        _items.Add(item);
    }
}

/// <summary>A dict or an OrderedDict.</summary>
internal sealed class PickleMap : PickleContainer
{
    private readonly OrderedDictionary<object, object?> _entries = [];

    /// <summary>The entries in the order in which they were set.</summary>
    public IReadOnlyList<KeyValuePair<object, object?>> Entries => _entries;

    /// <summary>The value of a key, or <see langword="null"/>.</summary>
    public object? this[object key] => _entries.GetValueOrDefault(key);

    public void Add(object key, object? value)
    {
        Hold(value);
        if (!_entries.TryAdd(key, value))
        {
            throw PickleFault.Broken($"key {PickleText.Quote(key)} is set twice");
        }
    }
}

/// <summary>A name of Python's that is on the list; never the thing that it names.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A value that no tensor depends on, such as a set, bytes or a device.</summary>
/// <param name="Kind">What it is.</param>
internal sealed record PlainValue(string Kind);

/// <summary>An object of which nothing but its class's name is kept.</summary>
/// <param name="Type">The name.</param>
internal sealed record InertObject(PickleGlobal Type);

/// <summary>The key <c>None</c>.</summary>
internal sealed record NoneKey
{
    public static readonly NoneKey Only = new();
}
