using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates.Filters;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>An object with named parts, such as <c>loop</c>.</summary>
internal interface ITemplateObject
{
    /// <summary>Finds a part.</summary>
    bool TryGet(string name, out object? value);
}

/// <summary>Parts of values: <c>a.b</c>, <c>a[b]</c>, <c>a[b:c]</c>.</summary>
internal static class TemplateAccess
{
    /// <summary><c>holder.name</c>: a method, or else an item.</summary>
    public static object? Attribute(object? holder, string name, TemplateOptions options) => holder switch
    {
        Undefined missing => throw new FormatException(missing.Message),
        ITemplateObject own => own.TryGet(name, out object? value) ? value : Missing(holder, name, options),
        PythonTuple tuple when tuple.Names.Contains(name) => tuple[tuple.Names.ToList().IndexOf(name)],
        _ when name == "__class__" => new PythonClass(PythonValue.TypeName(holder)),
        _ when TemplateMethods.Find(holder, name) is { } method => method,
        PythonMap map => map.TryGet(name, out object? value) ? value : Missing(holder, name, options),
        _ => Missing(holder, name, options),
    };

    /// <summary><c>holder[index]</c>: an item, or else a method.</summary>
    public static object? Item(object? holder, object? index, TemplateOptions options)
    {
        switch (holder)
        {
            case Undefined missing:
                throw new FormatException(missing.Message);
            case PythonMap map when map.TryGet(index, out object? value):
                return value;
            case string text when PythonValue.AsWhole(index) is { } place:
                IReadOnlyList<string> letters = PythonText.Letters(text);
                return At(place, letters.Count) is { } letter ? letters[letter] : Missing(holder, index, options);
            case IReadOnlyList<object?> items when PythonValue.AsWhole(index) is { } place:
                return At(place, items.Count) is { } item ? items[item] : Missing(holder, index, options);
            case PythonMap:
                return index is string key && TemplateMethods.Find(holder, key) is { } method ? method : Missing(holder, index, options);
            default:
                return index is string name ? Attribute(holder, name, options) : Missing(holder, index, options);
        }
    }

    /// <summary><c>holder[first:end:step]</c></summary>
    /// <exception cref="FormatException">The value cannot be cut.</exception>
    public static object Slice(object? holder, object? first, object? end, object? step)
    {
        if (holder is not (string or IReadOnlyList<object?>))
        {
            throw new FormatException(holder is Undefined missing ? missing.Message : $"{PythonValue.Word(holder)} cannot be cut");
        }

        IReadOnlyList<object?> items = PythonValue.Items(holder);
        long by = Whole(step) ?? 1;
        if (by == 0)
        {
            throw new FormatException("the step of a slice is 0");
        }

        long count = items.Count;
        by = Math.Clamp(by, -count - 1, count + 1);
        long from = Place(first, by > 0 ? 0 : count - 1);
        long to = end is null ? (by > 0 ? count : -1) : Place(end, 0);
        List<object?> cut = [];
        for (long place = from; by > 0 ? place < to : place > to; place += by)
        {
            cut.Add(items[(int)place]);
        }

        return holder is string ? string.Concat(cut) : holder is PythonTuple ? new PythonTuple(cut) : cut;

        long Place(object? value, long otherwise)
        {
            if (Whole(value) is not { } place)
            {
                return otherwise;
            }

            long found = place < 0 ? place + count : place;
            return by > 0 ? Math.Clamp(found, 0, count) : Math.Clamp(found, -1, count - 1);
        }
    }

    private static long? Whole(object? value) =>
        value is null ? null : PythonValue.AsWhole(value) ?? throw new FormatException($"{PythonValue.Word(value)} is no place in a list");

    private static int? At(long place, int count)
    {
        long found = place < 0 ? place + count : place;
        return found >= 0 && found < count ? (int)found : null;
    }

    private static Undefined Missing(object? holder, object? key, TemplateOptions options) => new(
        key is long place
            ? $"index {place} is outside of {(holder is string or IReadOnlyList<object?> ? PythonValue.Items(holder).Count : 0)} items"
            : $"there is no field '{(key is string name ? name : PythonValue.Repr(key))}' in {PythonValue.Word(holder)}",
        options.IsLenient);
}
