using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>How GGUF spells an architecture that Hugging Face spells otherwise; one data file each.</summary>
internal sealed record Architecture
{
    private const string Prefix = "architecture.";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private static readonly Lazy<IReadOnlyList<Architecture>> _all = new(Load);

    private readonly Lazy<Dictionary<string, TensorNames>> _byGguf;
    private readonly Lazy<Dictionary<string, TensorNames>> _byHub;

    public Architecture()
    {
        _byGguf = new(() => Tensors!.ToDictionary(tensor => tensor.Gguf));
        _byHub = new(() => Tensors!.ToDictionary(tensor => tensor.Hub));
    }

    /// <summary>The file of another architecture, whose keys and tensors this one has too, unless it says otherwise of them.</summary>
    public string? Extends { get; init; }

    /// <summary>GGUF's name, with which keys begin; empty for what is only there to be extended.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// What tells it from another architecture of the same name: a key that is not 0, as <c>expert_count</c>, or its value, as <c>block_count=46</c>.
    /// </summary>
    public string? When { get; init; }

    /// <summary>The classes that <c>config.json</c> names; the first is that of what is converted from GGUF.</summary>
    public IReadOnlyList<string> Hub { get; init; } = [];

    /// <summary>What <c>config.json</c> says of every model of the architecture.</summary>
    public IReadOnlyDictionary<string, JsonNode> Config { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>Settings that are true where there are tensors whose names end so.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings that GGUF has no place for, since programs know one value of each; with the values of <c>config.json</c> that mean it, <see langword="null"/> for none.</summary>
    public IReadOnlyDictionary<string, JsonArray> Assumes { get; init; } = new Dictionary<string, JsonArray>();

    /// <summary>The ways to scale positions that GGUF has a place for.</summary>
    public IReadOnlyList<string> Scaling { get; init; } = [];

    /// <summary>The settings that both have, in the order of GGUF.</summary>
    public required IReadOnlyList<ConfigKey> Keys { get; init; }

    /// <summary>The tensors that both have.</summary>
    public required IReadOnlyList<TensorNames> Tensors { get; init; }

    /// <summary>The architecture of a GGUF file, or <see langword="null"/> if there is no data file for it.</summary>
    public static Architecture? Find(Metadata metadata)
    {
        string? name = metadata.Text(ModelKind.ArchitectureKey);
        return _all.Value.Where(architecture => architecture.Name == name && architecture.Holds(metadata)).MaxBy(architecture => architecture.When is not null);
    }

    /// <summary>The architecture of a class of Hugging Face, or <see langword="null"/> if there is no file for it.</summary>
    public static Architecture? FindHub(string? name) => _all.Value.FirstOrDefault(architecture => architecture.Hub.Contains(name));

    /// <summary>What GGUF calls a tensor of Hugging Face, whatever the architecture; and the number of the expert that it is, from 0.</summary>
    public static IEnumerable<(string Gguf, int Expert)> GgufNamesOf(string hub)
    {
        foreach (Architecture architecture in _all.Value)
        {
            if (architecture.FindHub(hub, out int layer, out int expert) is { } names)
            {
                yield return (names.GgufIn(layer), Math.Max(expert, 0));
            }
        }

        yield return (hub, 0);
    }

    /// <summary>Finds a tensor by GGUF's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="layer">The layer's number, or -1.</param>
    public TensorNames? FindGguf(string name, out int layer) => Find(_byGguf.Value, name, out layer, out _);

    /// <summary>Finds a tensor by Hugging Face's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="layer">The layer's number, or -1.</param>
    /// <param name="expert">The expert's number, or -1.</param>
    public TensorNames? FindHub(string name, out int layer, out int expert) => Find(_byHub.Value, name, out layer, out expert);

    private bool Holds(Metadata metadata)
    {
        string[] condition = When?.Split('=') ?? [];
        long? value = condition.Length == 0 ? null : metadata.Whole($"{Name}.{condition[0]}");
        return condition switch
        {
            [] => true,
            [_, string wanted] => value == long.Parse(wanted, CultureInfo.InvariantCulture),
            _ => value > 0,
        };
    }

    // The first number is the layer's, the second that of an expert.
    private static TensorNames? Find(Dictionary<string, TensorNames> names, string name, out int layer, out int expert)
    {
        string[] parts = name.Split('.');
        layer = Take(parts, TensorNames.Layer);
        expert = Take(parts, TensorNames.Expert);
        return names.GetValueOrDefault(string.Join('.', parts));
    }

    private static int Take(string[] parts, string sign)
    {
        int at = Array.FindIndex(parts, part => part.Length is > 0 and < 7 && part.All(char.IsAsciiDigit));
        if (at < 0)
        {
            return -1;
        }

        int number = int.Parse(parts[at], CultureInfo.InvariantCulture);
        parts[at] = sign;
        return number;
    }

    private static IReadOnlyList<Architecture> Load()
    {
        Assembly assembly = Assembly.GetExecutingAssembly();
        Dictionary<string, Architecture> files = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(
            name => name[Prefix.Length..^".json".Length], name => JsonSerializer.Deserialize<Architecture>(assembly.GetManifestResourceStream(name)!, _json)!);
        return [.. files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => Extended(file.Value, files)).Where(architecture => architecture.Name.Length > 0)];
    }

    private static Architecture Extended(Architecture own, Dictionary<string, Architecture> files)
    {
        if (own.Extends is null)
        {
            return own;
        }

        Architecture other = Extended(files[own.Extends], files);
        return new Architecture
        {
            Name = own.Name,
            When = own.When,
            Hub = own.Hub,
            Config = own.Config,
            Assumes = own.Assumes,
            Flags = own.Flags.Count > 0 ? own.Flags : other.Flags,
            Scaling = own.Scaling.Count > 0 ? own.Scaling : other.Scaling,
            Keys = [.. other.Keys.Where(key => !own.Keys.Any(mine => mine.Id == key.Id)), .. own.Keys],
            Tensors = [.. other.Tensors.Where(tensor => !own.Tensors.Any(mine => mine.Gguf == tensor.Gguf || mine.Hub == tensor.Hub)), .. own.Tensors],
        };
    }
}
