using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>
/// Values as Python has them: <see langword="null"/>, truth values, whole numbers, fractions, texts, moments, lists, tuples and mappings.
/// </summary>
internal static class PythonValue
{
    /// <summary>A value as JSON has it.</summary>
    public static object? Of(JsonNode? node) => node switch
    {
        JsonArray items => items.Select(Of).ToList(),
        JsonObject fields => new PythonMap(fields.Select(field => ((object?)field.Key, Of(field.Value)))),
        _ => node.AsTruth()
            ?? (node.AsNumber() is not { } number
                ? node.AsText()
                : double.IsFinite(number) ? Number(node!.ToJsonString()) : (object?)number),
    };

    /// <summary>The fields of an item.</summary>
    public static Dictionary<string, object?> Fields(JsonObject json) => json.ToDictionary(field => field.Key, field => Of(field.Value));

    /// <summary>A number as JSON writes it: whole without a point and an exponent.</summary>
    public static object Number(string text) =>
        text.AsSpan().IndexOfAny("eE.") < 0 && long.TryParse(text, CultureInfo.InvariantCulture, out long whole)
            ? (object)whole
            : double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The text of a value: <c>str(value)</c>.</summary>
    public static string Text(object? value) => value is string text ? text : Repr(value);

    /// <summary>The value as Python's source has it: <c>repr(value)</c>.</summary>
    public static string Repr(object? value)
    {
        StringBuilder text = new();
        PythonRepr.Append(text, value, 0);
        return text.ToString();
    }

    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        string text => text.Length > 0,
        bool truth => truth,
        long whole => whole != 0,
        double number => number != 0,
        IReadOnlyList<object?> items => items.Count > 0,
        PythonMap map => map.Count > 0,
        Undefined missing => missing.OrThrow(false),
        _ => true,
    };

    /// <summary>A value as a number; truth values count as 1 and 0.</summary>
    public static double? AsNumber(object? value) => value switch
    {
        long whole => whole,
        double number => number,
        bool truth => truth ? 1 : 0,
        _ => null,
    };

    /// <summary>A whole number or truth value as a whole number.</summary>
    public static long? AsWhole(object? value) => value switch
    {
        long whole => whole,
        bool truth => truth ? 1 : 0,
        _ => null,
    };

    /// <summary>The items of what can be gone through: lists, the keys of mappings, the letters of texts.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public static IReadOnlyList<object?> Items(object? value) => value switch
    {
        IReadOnlyList<object?> items => items,
        PythonMap map => map.Keys,
        string text => [.. PythonText.Letters(text)],
        Undefined missing => missing.OrThrow<IReadOnlyList<object?>>([]),
        _ => throw new FormatException($"{Word(value)} has no items"),
    };

    /// <summary>The kind of a value in words.</summary>
    public static string Word(object? value) => value switch
    {
        null => "none",
        string => "a text",
        bool => "a truth value",
        long or double => "a number",
        DateTime => "a moment",
        IReadOnlyList<object?> => "a list",
        PythonMap => "a mapping",
        Undefined missing => missing.Message,
        _ => "a function",
    };

    /// <summary>The name of its type in Python.</summary>
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        string => "str",
        bool => "bool",
        long => "int",
        double => "float",
        DateTime => "datetime",
        PythonTuple => "tuple",
        PythonRange => "range",
        IReadOnlyList<object?> => "list",
        PythonMap => "dict",
        _ => "object",
    };
}
