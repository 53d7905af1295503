using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>The page of all fields of a recipe, made of the schema that editors complete recipes by.</summary>
internal static class RecipePage
{
    private const string Begin = """
        <!-- Made of `mergehost schema` by ReferencePageTests, which write it again with MERGEHOST_REWRITE=1. -->
        # Recipes, field by field

        A recipe is a YAML file of one document or several; each document is a stage. Each has `merge_method:` or `build:`, and says in
        `models:`, `slices:`, `modules:` or `window:` what is merged. [Recipes](../recipes.md) explains how the fields work together;
        [MH1003](../errors/MH1003.md) is the error of a field that is not here.

        A parameter of a [strategy](index.md#strategies) may be a value, a gradient of values from the first layer to the last, or a list of
        `filter:` and `value:`.

        """;

    /// <summary>The page.</summary>
    /// <param name="schema">The schema of recipes.</param>
    public static string Write(JsonObject schema)
    {
        StringBuilder page = new(Begin);
        Append(page, "A stage", schema);
        foreach ((string name, JsonNode? field) in Properties(schema).Where(field => Properties(field.Value).Any()))
        {
            Append(page, $"`{name}:`", field!);
        }

        JsonObject parts = schema["$defs"]!.AsObject();
        Append(page, "An entry of `models:`", parts["source"]!);
        Append(page, "An entry of `slices:`", parts["slice"]!);
        Append(page, "An entry of `sources:` in a slice", parts["slice"]!["properties"]!["sources"]!["items"]!);
        Append(page, "An entry of `modules:`", parts["module"]!);
        return page.ToString();
    }

    /// <summary>The fields of a mapping that the schema describes; none of another value.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> Properties(JsonNode? schema) =>
        schema is JsonObject record && record["properties"] is JsonObject fields ? fields : [];

    private static void Append(StringBuilder page, string title, JsonNode schema)
    {
        string[] required = [.. (schema["required"] as JsonArray ?? []).Select(name => (string)name!)];
        page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| field | value | what it says |\n| --- | --- | --- |\n");
        foreach ((string name, JsonNode? field) in Properties(schema))
        {
            string need = required.Contains(name) ? "; required" : "";
            string description = ExportPage.Plain(Description(field!));
            page.Append(CultureInfo.InvariantCulture, $"| `{name}` | {Value(field!)} | {description}{need} |\n");
        }
    }

    private static string Description(JsonNode field) =>
        (string?)field["description"] ?? (Reference(field) == "model" ? "A folder, a file, or a name on a hub; with `+adapter`" : "");

    private static string? Reference(JsonNode field) => ((string?)field["$ref"])?.Split('/')[^1];

    // What is installed has pages of its own: long lists of names are left to them.
    private static string Value(JsonNode field) => field switch
    {
        _ when Reference(field) is { } reference => $"a {reference}",
        _ when field["enum"] is JsonArray words => words.Count > 12 ? "a name" : string.Join(", ", words.Select(word => $"`{word}`")),
        _ when field["anyOf"] is JsonArray choices => Value(choices[0]!) + (choices.Count == 2 && IsList(choices[1]!) ? ", or a list" : ""),
        _ => (string?)(field["type"] is JsonArray types ? types[0] : field["type"]) switch
        {
            null => "as described",
            "array" => "a list",
            "object" => "a mapping",
            "string" => "a text",
            "integer" => "a whole number",
            { } type => $"a {type}",
        },
    };

    private static bool IsList(JsonNode field) => (string?)field["type"] == "array";
}
