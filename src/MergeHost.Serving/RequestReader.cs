using System.Text.Json;
using MergeHost.Checkpoints;

namespace MergeHost.Serving;

/// <summary>Reads the fields of a request; what is missing, wrong or unknown is told by name.</summary>
internal sealed class RequestReader
{
    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly string? _place;

    /// <param name="body">The body of the request, or a mapping in it.</param>
    /// <param name="place">Where the mapping is in the body; <see langword="null"/> for the body itself.</param>
    /// <exception cref="BadRequestException">It is no mapping, or a name stands twice.</exception>
    public RequestReader(JsonElement body, string? place = null)
    {
        _place = place;
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new BadRequestException(place is null ? "expected a mapping of fields" : "must be a mapping", place);
        }

        CheckTexts(body);
        foreach (JsonProperty property in body.EnumerateObject())
        {
            if (!_fields.TryAdd(property.Name, property.Value))
            {
                throw new BadRequestException("stands twice", Place(property.Name));
            }
        }
    }

    /// <summary>A field that is there and not <c>null</c>; it counts as read.</summary>
    public JsonElement? Take(string name) =>
        _fields.Remove(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Leaves out what changes nothing here.</summary>
    public void Skip(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _fields.Remove(name);
        }
    }

    /// <exception cref="BadRequestException">The field is no whole number of the range.</exception>
    public int Whole(string name, int fallback, int least, int most) => Take(name) is not { } value ? fallback
        : AsWhole(value, least, most)
            ?? throw new BadRequestException($"must be a whole number {Range(least, most)}, found {Words(value)}", Place(name));

    /// <summary>The value of a whole number of a range, which may be written as <c>1.0</c>; <see langword="null"/> if it is none.</summary>
    public static int? AsWhole(JsonElement value, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.GetDouble() is var found && found >= least && found <= most
            && found == Math.Floor(found) ? (int)found : null;

    /// <exception cref="BadRequestException">The field is no number of the range.</exception>
    public double Number(string name, double fallback, double least, double most) => Take(name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.GetDouble() is var found && found >= least && found <= most ? found
        : throw new BadRequestException($"must be a number in [{least}, {most}], found {Words(value)}", Place(name));

    /// <exception cref="BadRequestException">The field is neither true nor false.</exception>
    public bool Truth(string name, bool fallback) => Take(name) is not { } value ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw new BadRequestException($"must be true or false, found {Words(value)}", Place(name));

    /// <exception cref="BadRequestException">The field is neither a text nor a list of at most so many.</exception>
    public IReadOnlyList<string> Texts(string name, int most)
    {
        JsonElement[] items = Take(name) switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
            { } one => [one],
        };
        return items.Length <= most && items.All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length > 0)
            ? [.. items.Select(item => item.GetString()!)]
            : throw new BadRequestException($"must be a text or a list of at most {most} texts, none of them empty", Place(name));
    }

    /// <summary>Makes sure that a field asks for nothing but what is done anyway.</summary>
    /// <exception cref="BadRequestException">It asks for something else.</exception>
    public void Expect(string name, string only)
    {
        if (Take(name) is { } value && !JsonElement.DeepEquals(value, JsonElement.Parse(only)))
        {
            throw new BadRequestException($"is not supported except for {only}, found {Words(value)}", Place(name), "unsupported");
        }
    }

    /// <summary>Makes sure that nothing is asked for that no model here does.</summary>
    /// <exception cref="BadRequestException">It is.</exception>
    public void Refuse(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Take(name) is { } value && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
            {
                throw new BadRequestException("is not supported", Place(name), "unsupported");
            }
        }
    }

    // Texts are decoded late: what is not Unicode is told before anything is done.
    private static void CheckTexts(JsonElement value)
    {
        try
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    _ = value.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (JsonElement item in value.EnumerateArray())
                    {
                        CheckTexts(item);
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (JsonProperty property in value.EnumerateObject())
                    {
                        _ = property.Name;
                        CheckTexts(property.Value);
                    }

                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new BadRequestException("a text in the request is not Unicode");
        }
    }

    private static string Range(int least, int most) => most == int.MaxValue ? $"from {least} up" : $"in [{least}, {most}]";

    private string Place(string name) => _place is null ? name : $"{_place}.{name}";

    private static string Words(JsonElement value) => CheckpointException.Printable(value.GetRawText());

    /// <exception cref="BadRequestException">A field was not read.</exception>
    public void ThrowIfLeft()
    {
        if (_fields.Keys.FirstOrDefault() is { } name)
        {
            throw new BadRequestException("is not known", Place(name));
        }
    }
}
