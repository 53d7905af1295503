namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>The arguments of a call, by place and by name; those that nobody asked for are refused.</summary>
internal sealed class PythonArguments(string function, IReadOnlyList<object?> places, IReadOnlyList<(string Name, object? Value)> names)
{
    private readonly HashSet<string> _taken = [];
    private int _most;

    public int Count => places.Count;

    public IReadOnlyList<object?> Places => places;

    public IReadOnlyList<(string Name, object? Value)> Names => names;

    /// <summary>Whether an argument is given.</summary>
    public bool Has(int place, string name) => place < places.Count || names.Any(argument => argument.Name == name);

    /// <summary>An argument, or what stands for it.</summary>
    public object? Get(int place, string name, object? otherwise = null)
    {
        _most = Math.Max(_most, place + 1);
        _taken.Add(name);
        return place >= 0 && place < places.Count ? places[place]
            : names.Any(argument => argument.Name == name) ? names.First(argument => argument.Name == name).Value
            : otherwise;
    }

    /// <summary>A text that must be given.</summary>
    /// <exception cref="FormatException">It is missing, or no text.</exception>
    public string Text(int place, string name) =>
        Get(place, name) as string ?? throw new FormatException($"'{function}' needs a text, found {PythonValue.Word(Get(place, name))}");

    /// <summary>A text, or what stands for it.</summary>
    public string Text(int place, string name, string otherwise) =>
        Has(place, name) ? Text(place, name) : OtherText(place, name, otherwise);

    /// <summary>A whole number, or what stands for it.</summary>
    /// <exception cref="FormatException">It is no whole number.</exception>
    public long Whole(int place, string name, long otherwise)
    {
        object? value = Get(place, name, otherwise);
        return PythonValue.AsWhole(value)
            ?? throw new FormatException($"'{function}' needs a whole number, found {PythonValue.Word(value)}");
    }

    /// <summary>A truth value, or what stands for it.</summary>
    public bool IsTrue(int place, string name, bool otherwise = false) => PythonValue.IsTrue(Get(place, name, otherwise));

    /// <summary>Refuses arguments that nobody asked for.</summary>
    /// <exception cref="FormatException">There are some.</exception>
    public void ThrowIfLeft()
    {
        if (names.FirstOrDefault(argument => !_taken.Contains(argument.Name)).Name is { } name)
        {
            throw new FormatException($"'{function}' has no argument '{name}'");
        }

        if (places.Count > _most)
        {
            throw new FormatException($"'{function}' takes at most {_most} arguments, found {places.Count}");
        }
    }

    private string OtherText(int place, string name, string otherwise)
    {
        Get(place, name);
        return otherwise;
    }
}
