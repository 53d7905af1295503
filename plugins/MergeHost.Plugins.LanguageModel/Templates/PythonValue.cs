using System.Globalization;
using System.Text.Json;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>What Python means by operations on values: <see langword="null"/>, truth values, whole and other numbers, texts, lists and mappings.</summary>
internal static class PythonValue
{
    /// <summary>A value as JSON has it.</summary>
    public static object? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.True or JsonValueKind.False => element.GetBoolean(),
        JsonValueKind.Array => element.EnumerateArray().Select(Of).ToList(),
        JsonValueKind.Object => Fields(element),
        _ => null,
    };

    /// <summary>A mapping as JSON has it; the last of equal names counts.</summary>
    public static Dictionary<string, object?> Fields(JsonElement element)
    {
        Dictionary<string, object?> fields = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            fields[property.Name] = Of(property.Value);
        }

        return fields;
    }

    /// <summary>The text of a value.</summary>
    public static string Text(object? value) => value switch
    {
        null => "None",
        string text => text,
        bool truth => truth ? "True" : "False",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => number == Math.Truncate(number) && Math.Abs(number) < 1e16
            ? number.ToString("0.0", CultureInfo.InvariantCulture)
            : number.ToString("R", CultureInfo.InvariantCulture),
        _ => throw new FormatException($"{Word(value)} cannot stand in a text"),
    };

    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        string text => text.Length > 0,
        bool truth => truth,
        long whole => whole != 0,
        double number => number != 0,
        IReadOnlyList<object?> items => items.Count > 0,
        IReadOnlyDictionary<string, object?> fields => fields.Count > 0,
        _ => true,
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second)),
        (string or null, _) or (_, string or null) => Equals(left, right),
        _ => Number(left) is { } a && Number(right) is { } b ? a == b : Equals(left, right),
    };

    public static bool Compare(object? left, string sign, object? right) => sign switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "in" => Contains(right, left),
        _ => Order(left, right) is var order && sign switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        },
    };

    /// <summary><c>+</c>, <c>-</c>, and <c>~</c>, which joins values as texts.</summary>
    public static object Add(object? left, string sign, object? right) => (left, sign, right) switch
    {
        (_, "~", _) => Text(left) + Text(right),
        (string a, "+", string b) => a + b,
        (IReadOnlyList<object?> a, "+", IReadOnlyList<object?> b) => a.Concat(b).ToList(),
        (long a, "+", long b) => a + b,
        (long a, "-", long b) => a - b,
        _ when Number(left) is { } a && Number(right) is { } b => sign == "+" ? a + b : a - b,
        _ => throw new FormatException($"'{sign}' does not join {Word(left)} and {Word(right)}"),
    };

    /// <summary>A field of a mapping, or an item of a list or text, counted from the end if the index is negative.</summary>
    public static object? Item(object? holder, object? index)
    {
        switch (holder, index)
        {
            case (IReadOnlyDictionary<string, object?> fields, string name):
                return fields.TryGetValue(name, out object? field) ? field : throw new FormatException($"there is no field '{name}'");
            case (IReadOnlyList<object?> items, long or bool):
                return items[Place(index, items.Count)];
            case (string text, long or bool):
                return text[Place(index, text.Length)].ToString();
            default:
                throw new FormatException($"{Word(holder)} has no '{(index is string name2 ? name2 : Word(index))}'");
        }
    }

    /// <summary>The kind of a value in words.</summary>
    public static string Word(object? value) => value switch
    {
        null => "none",
        string => "a text",
        bool => "a truth value",
        long or double => "a number",
        IReadOnlyList<object?> => "a list",
        _ => "a mapping",
    };

    private static int Place(object? index, int count)
    {
        long place = index is bool truth ? (truth ? 1 : 0) : (long)index!;
        long found = place < 0 ? place + count : place;
        return found >= 0 && found < count ? (int)found : throw new FormatException($"index {place} is outside of {count} items");
    }

    private static double? Number(object? value) => value switch
    {
        long whole => whole,
        double number => number,
        bool truth => truth ? 1 : 0,
        _ => null,
    };

    private static bool Contains(object? holder, object? value) => holder switch
    {
        string text => text.Contains(Text(value), StringComparison.Ordinal),
        IReadOnlyList<object?> items => items.Any(item => AreEqual(item, value)),
        IReadOnlyDictionary<string, object?> fields => value is string name && fields.ContainsKey(name),
        _ => throw new FormatException($"{Word(holder)} holds nothing"),
    };

    private static int Order(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        _ when Number(left) is { } a && Number(right) is { } b => a.CompareTo(b),
        _ => throw new FormatException($"{Word(left)} and {Word(right)} have no order"),
    };
}
