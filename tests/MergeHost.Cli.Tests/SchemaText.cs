using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Tests;

/// <summary>Makes the JSON Schema of an output of its type, with the doc comments as descriptions.</summary>
internal static partial class SchemaText
{
    private static readonly Dictionary<string, XElement> _docs = Directory.GetFiles(AppContext.BaseDirectory, "MergeHost*.xml")
        .SelectMany(path => XDocument.Load(path).Descendants("member")).DistinctBy(member => member.Attribute("name")!.Value)
        .ToDictionary(member => member.Attribute("name")!.Value);

    private static readonly JsonSerializerOptions _text =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema.</summary>
    public static string Of(string name, OutputSchema.Kind kind)
    {
        JsonNode body = JsonPrinter.Document.GetJsonSchemaAsNode(kind.Type,
            new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe });
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = $"mergehost:{name}:{kind.Version}",
            ["title"] = kind.Title,
        };
        foreach ((string key, JsonNode? value) in body.AsObject().ToList())
        {
            schema[key] = value?.DeepClone();
        }

        return schema.ToJsonString(_text) + "\n";
    }

    /// <summary>A schema that allows no field which it does not list.</summary>
    public static JsonNode Closed(JsonNode schema)
    {
        foreach (JsonNode? child in schema is JsonObject fields
            ? fields.Select(field => field.Value).ToList()
            : schema is JsonArray items ? [.. items] : [])
        {
            _ = child is null ? null : Closed(child);
        }

        if (schema is JsonObject part && part["properties"] is JsonObject && part["type"] is not null)
        {
            part["additionalProperties"] = false;
        }

        return schema;
    }

    private static JsonObject Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        JsonObject result = type == typeof(ErrorCode) || type == typeof(DType)
            ? new JsonObject { ["type"] = "string" }
            : schema as JsonObject ?? [];
        if (result["properties"] is JsonObject)
        {
            string[] always = [.. context.TypeInfo.Properties.Where(IsAlways).Select(property => property.Name)];
            result.Remove("required");
            if (always.Length > 0)
            {
                result["required"] = new JsonArray([.. always.Select(name => JsonValue.Create(name))]);
            }
        }

        string? text = context.PropertyInfo is { } member ? Text(member) : Summary($"T:{Name(type)}");
        if (text is not null)
        {
            result.Remove("description");
            result.Insert(0, "description", text);
        }

        return result;
    }

    // What is null is left out.
    private static bool IsAlways(JsonPropertyInfo property) => property.Get is not null && !property.IsGetNullable
        && (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is null)
        && property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), false) != true;

    private static string? Text(JsonPropertyInfo property)
    {
        if (property.AttributeProvider is not System.Reflection.PropertyInfo member)
        {
            return property.Name == "schema" ? "The name and the version of this schema." : null;
        }

        string owner = Name(member.DeclaringType!);
        return Summary($"P:{owner}.{member.Name}")
            ?? Plain(_docs.GetValueOrDefault($"T:{owner}")?.Elements("param")
                .FirstOrDefault(parameter => parameter.Attribute("name")!.Value == member.Name));
    }

    private static string? Summary(string member) => Plain(_docs.GetValueOrDefault(member)?.Element("summary"));

    private static string Name(Type type) => (type.FullName ?? type.Name).Split('[')[0].Replace('+', '.');

    private static string? Plain(XElement? element)
    {
        if (element is null)
        {
            return null;
        }

        string text = string.Concat(element.Nodes().Select(node => node switch
        {
            XElement { IsEmpty: true } reference => reference.Attributes().First().Value.Split('(')[0].Split('.', ':')[^1],
            XElement inner => inner.Value,
            _ => node.ToString(),
        }));
        return WhiteSpace().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
