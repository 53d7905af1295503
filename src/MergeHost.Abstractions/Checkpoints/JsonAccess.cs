using System.Text.Json;
using System.Text.Json.Nodes;

namespace MergeHost.Checkpoints;

/// <summary>Values of JSON that strangers wrote: what is not there, or of another type, is
/// <see langword="null"/> and never an exception.</summary>
public static class JsonAccess
{
    private const int MostWords = 200;

    /// <summary>A field of an object; <see langword="null"/> if this is no object or has no such field.</summary>
    public static JsonNode? Find(this JsonNode? node, string name) =>
        node is JsonObject fields && fields.TryGetPropertyValue(name, out JsonNode? value) ? value : null;

    /// <summary>An item of an array; <see langword="null"/> if this is no array or has fewer.</summary>
    public static JsonNode? At(this JsonNode? node, int index) =>
        node is JsonArray items && index >= 0 && index < items.Count ? items[index] : null;

    /// <summary>The items of an array; none if this is no array.</summary>
    public static IReadOnlyList<JsonNode?> Items(this JsonNode? node) => node is JsonArray items ? [.. items] : [];

    /// <summary>The value, if it is a text.</summary>
    public static string? AsText(this JsonNode? node) =>
        node.AsNumber() is null && node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>The value, if it is true or false.</summary>
    public static bool? AsTruth(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool truth) ? truth : null;

    /// <summary>The value, if it is a whole number of 32 bits, written as one.</summary>
    public static int? AsInt(this JsonNode? node) => node.AsWhole() is { } whole && whole == (int)whole ? (int)whole : null;

    /// <summary>The value, if it is a whole number of 64 bits, written as one.</summary>
    public static long? AsWhole(this JsonNode? node) => node is not JsonValue value ? null
        : value.TryGetValue(out long whole) ? whole
        : value.TryGetValue(out int small) ? small
        : null;

    /// <summary>The value, if it is a number; infinities and NaN are numbers, as they are in Python.</summary>
    public static double? AsNumber(this JsonNode? node) => node is not JsonValue value ? null
        : value.NonFinite() ?? (value.TryGetValue(out double number) ? number : value.AsWhole());

    /// <summary>The value as text for a message: JSON, at most 200 characters; <c>nothing</c> for <see langword="null"/>.</summary>
    public static string Words(this JsonNode? node)
    {
        switch (node)
        {
            case null:
                return "nothing";
            case JsonValue value when value.NonFinite() is { } number:
                return double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
            case JsonObject { Count: > 16 } or JsonArray { Count: > 64 }:
                return node is JsonObject ? "a large object" : "a large array";
            default:
                string text = node.ToJsonString();
                return text.Length <= MostWords ? text : text[..MostWords] + "…";
        }
    }

    internal static double? NonFinite(this JsonValue value)
    {
        if (value.TryGetValue(out JsonElement element))
        {
            return element.ValueKind switch
            {
                JsonValueKind.Number when element.TryGetDouble(out double number) && !double.IsFinite(number) => number,
                JsonValueKind.String when element.ValueEquals("NaN"u8) && element.GetRawText() == PythonJson.NanMark => double.NaN,
                _ => null,
            };
        }

        return value.TryGetValue(out double made) && !double.IsFinite(made) ? made : null;
    }
}
