using System.Text.Json;

namespace MergeHost;

/// <summary>Names of properties in JSON: camel case, and the field's own spelling of dtype.</summary>
internal sealed class JsonNames : JsonNamingPolicy
{
    public static JsonNames Policy { get; } = new();

    public override string ConvertName(string name) => name == nameof(DType) ? "dtype" : CamelCase.ConvertName(name);
}
