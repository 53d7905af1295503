using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Architectures;

/// <summary>Reads the file of a family, and reports everything that its schema does not allow.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="problems">Receives MH2013, one for each mistake.</param>
internal sealed class FamilyReader(string path, List<Problem> problems)
{
    private static readonly string[] _roles = Enum.GetNames<TensorRole>();

    /// <summary>The fields of a file, of one of its settings and of one of its tensors, with those that must be there.</summary>
    public static IReadOnlyList<(string Where, string[] Fields, string[] Required)> Schema { get; } =
    [
        ("", ["extends", "name", "when", "hub", "config", "flags", "assumes", "scaling", "keys", "tensors", "roles"], []),
        ("keys", ["hub", "gguf", "isReal", "from"], ["hub", "gguf"]),
        ("tensors", ["gguf", "hub", "heads", "plus", "isRow"], ["gguf", "hub"]),
    ];

    /// <summary>Reads a file.</summary>
    /// <returns><see langword="null"/> if something is wrong with it.</returns>
    public ModelArchitecture? Read(byte[] content)
    {
        int before = problems.Count;
        JsonObject json;
        try
        {
            json = CompanionFile.FromBytes(path, content).ReadJson();
        }
        catch (CheckpointException exception)
        {
            problems.AddRange(exception.Problems);
            return null;
        }

        Check(json, "", Schema[0]);
        ModelArchitecture family = new()
        {
            Extends = Text(json, "extends", ""),
            Name = Text(json, "name", "") ?? "",
            When = When(json),
            Hub = Texts(json, "hub", ""),
            Config = Fields(json, "config").Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!),
            Flags = Fields(json, "flags")
                .Select(field => (field.Key, Value: Value(field.Value, $"flags.{field.Key}", "a text", node => node.AsText())))
                    .Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!),
            Assumes = Fields(json, "assumes")
                .Select(field => (field.Key,
                    Value: Value(field.Value, $"assumes.{field.Key}", "a list of values",
                        node => node is JsonArray { Count: > 0 } list ? list : null)))
                    .Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!),
            Scaling = Texts(json, "scaling", ""),
            Keys = [.. Items(json, "keys", Schema[1]).Select(item => new ArchitectureSetting(
                Texts(item.Json, "hub", item.Where), Texts(item.Json, "gguf", item.Where), Truth(item.Json, "isReal", item.Where),
                Text(item.Json, "from", item.Where)))],
            Tensors = [.. Items(json, "tensors", Schema[2]).Select(item => new ArchitectureTensor(
                Text(item.Json, "gguf", item.Where) ?? "", Text(item.Json, "hub", item.Where) ?? "", Text(item.Json, "heads", item.Where),
                Real(item.Json, "plus", item.Where),
                Truth(item.Json, "isRow", item.Where)))],
            Roles = Fields(json, "roles")
                .Select(field => (field.Key,
                    Value: Value<TensorRole>(field.Value, $"roles.{field.Key}", $"one of {string.Join(", ", _roles)}", RoleOf)))
                    .Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!.Value),
        };
        if (problems.Count == before)
        {
            CheckWhole(family);
        }

        return problems.Count == before ? family : null;
    }

    private static TensorRole? RoleOf(JsonNode? node) =>
        node.AsText() is { } name && _roles.Contains(name) ? Enum.Parse<TensorRole>(name) : null;

    private void CheckWhole(ModelArchitecture family)
    {
        if (family.Name.Length > 0 && family.Hub.Count == 0)
        {
            Add("hub is empty; a family that has a name in GGUF has a class that config.json names, such as \"LlamaForCausalLM\"");
        }

        if (family.Keys.FirstOrDefault(key => key.Hub.Count == 0) is not null)
        {
            Add("a setting of keys has no name in config.json");
        }

        foreach (IEnumerable<string> names in (IEnumerable<string>[])[family.Tensors.Select(tensor => tensor.Gguf),
            family.Tensors.Select(tensor => tensor.Hub)])
        {
            if (names.GroupBy(name => name).FirstOrDefault(name => name.Key.Length > 0 && name.Count() > 1) is { } twice)
            {
                Add($"tensors has '{twice.Key}' {twice.Count()} times");
            }
        }
    }

    private string? When(JsonObject json)
    {
        string? when = Text(json, "when", "");
        if (when is not null && when.Split('=') is not ([{ Length: > 0 }] or [{ Length: > 0 }, _])
            || when?.Split('=') is [_, string number] && !long.TryParse(number, CultureInfo.InvariantCulture, out _))
        {
            Add($"when is '{when}'; it must be a key of GGUF, or a key, '=' and a whole number");
        }

        return when;
    }

    private void Check(JsonObject json, string where, (string Where, string[] Fields, string[] Required) schema)
    {
        foreach (string field in json.Select(field => field.Key).Where(field => !schema.Fields.Contains(field)))
        {
            Add($"{where}{field} is no field; there are {string.Join(", ", schema.Fields)}");
        }

        foreach (string field in schema.Required.Where(field => json[field] is null))
        {
            Add($"{where}{field} is missing");
        }
    }

    private JsonObject Fields(JsonObject json, string field) =>
        json.ContainsKey(field) ? Value(json[field], field, "an object", node => node as JsonObject) ?? [] : [];

    private IEnumerable<(JsonObject Json, string Where)> Items(JsonObject json, string field,
        (string Where, string[] Fields, string[] Required) schema)
    {
        JsonArray items = json.ContainsKey(field) ? Value(json[field], field, "a list", node => node as JsonArray) ?? [] : [];
        for (int i = 0; i < items.Count; i++)
        {
            string where = $"{field}[{i}].";
            if (Value(items[i], where.TrimEnd('.'), "an object", node => node as JsonObject) is { } item)
            {
                Check(item, where, schema);
                yield return (item, where);
            }
        }
    }

    private string? Text(JsonObject json, string field, string where) =>
        json[field] is null
            ? null
            : Value(json[field], where + field, "a text", node => node.AsText() is { Length: > 0 } text ? text : null);

    private bool Truth(JsonObject json, string field, string where) =>
        json[field] is not null && Value<bool>(json[field], where + field, "true or false", node => node.AsTruth()) == true;

    private float Real(JsonObject json, string field, string where) =>
        json[field] is null
            ? 0
            : (float)(Value<double>(json[field], where + field, "a finite number",
                node => node.AsNumber() is { } number && double.IsFinite(number) ? number : null) ?? 0);

    private string[] Texts(JsonObject json, string field, string where)
    {
        JsonArray items = json[field] is null ? [] : Value(json[field], where + field, "a list of texts", node => node as JsonArray) ?? [];
        return [.. items.Select((item, index) => Value(item, $"{where}{field}[{index}]", "a text", node => node.AsText()))
            .OfType<string>()];
    }

    private T? Value<T>(JsonNode? node, string where, string expected, Func<JsonNode?, T?> read)
        where T : class
    {
        T? value = read(node);
        if (value is null)
        {
            Add($"{where} is {node.Words()}; it must be {expected}");
        }

        return value;
    }

    private T? Value<T>(JsonNode? node, string where, string expected, Func<JsonNode?, T?> read)
        where T : struct
    {
        T? value = read(node);
        if (value is null)
        {
            Add($"{where} is {node.Words()}; it must be {expected}");
        }

        return value;
    }

    private void Add(string what) =>
        problems.Add(new Problem(ErrorCodes.BadConfig, $"{path}: {what}", "docs/architectures.md says what such a file holds."));
}
