using System.Reflection;
using System.Text.Json;

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

    /// <summary>GGUF's name, with which keys begin.</summary>
    public required string Name { get; init; }

    /// <summary>The classes that <c>config.json</c> names; the first is that of what is converted from GGUF.</summary>
    public required IReadOnlyList<string> Hub { get; init; }

    /// <summary>What <c>config.json</c> says of every model of the architecture.</summary>
    public required IReadOnlyDictionary<string, string> Config { get; init; }

    /// <summary>The settings that both have, in the order of GGUF.</summary>
    public required IReadOnlyList<ConfigKey> Keys { get; init; }

    /// <summary>The tensors that both have.</summary>
    public required IReadOnlyList<TensorNames> Tensors { get; init; }

    /// <summary>Tensors of GGUF that are computed from the configuration.</summary>
    public IReadOnlyList<string> Made { get; init; } = [];

    /// <summary>The architecture of GGUF's name, or <see langword="null"/> if there is no file for it.</summary>
    public static Architecture? Find(string name) => _all.Value.FirstOrDefault(architecture => architecture.Name == name);

    /// <summary>The architecture of a class of Hugging Face, or <see langword="null"/> if there is no file for it.</summary>
    public static Architecture? FindHub(string? name) => _all.Value.FirstOrDefault(architecture => architecture.Hub.Contains(name));

    /// <summary>Finds a tensor by GGUF's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="layer">The layer's number, or -1.</param>
    public TensorNames? FindGguf(string name, out int layer) => Find(_byGguf.Value, name, out layer);

    /// <summary>Finds a tensor by Hugging Face's name.</summary>
    public TensorNames? FindHub(string name, out int layer) => Find(_byHub.Value, name, out layer);

    private static TensorNames? Find(Dictionary<string, TensorNames> names, string name, out int layer)
    {
        layer = -1;
        string[] parts = name.Split('.');
        int at = Array.FindIndex(parts, part => part.Length is > 0 and < 7 && part.All(char.IsAsciiDigit));
        if (at >= 0)
        {
            layer = int.Parse(parts[at], System.Globalization.CultureInfo.InvariantCulture);
            parts[at] = TensorNames.Layer;
        }

        return names.GetValueOrDefault(string.Join('.', parts));
    }

    private static IReadOnlyList<Architecture> Load()
    {
        Assembly assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
                .Select(name => JsonSerializer.Deserialize<Architecture>(assembly.GetManifestResourceStream(name)!, _json)!),
        ];
    }
}

/// <summary>A setting that <c>config.json</c> and GGUF's metadata both have.</summary>
/// <param name="Hub">The name in <c>config.json</c>.</param>
/// <param name="Gguf">The keys, without the architecture's name; all have the same value.</param>
/// <param name="IsReal">Whether the value is a number of single precision; else it is whole.</param>
internal sealed record ConfigKey(string Hub, IReadOnlyList<string> Gguf, bool IsReal = false);

/// <summary>The names of a tensor.</summary>
/// <param name="Gguf">GGUF's name, with <c>N</c> for the layer's number.</param>
/// <param name="Hub">Hugging Face's name.</param>
/// <param name="Heads">The key of the number of heads, if rows are in another order in GGUF.</param>
internal sealed record TensorNames(string Gguf, string Hub, string? Heads = null)
{
    /// <summary>What stands for the layer's number.</summary>
    public const string Layer = "N";

    /// <summary>GGUF's name in a layer.</summary>
    public string GgufIn(int layer) => In(Gguf, layer);

    /// <summary>Hugging Face's name in a layer.</summary>
    public string HubIn(int layer) => In(Hub, layer);

    private static string In(string name, int layer) =>
        layer < 0 ? name : string.Join('.', name.Split('.').Select(part => part == Layer ? FormattableString.Invariant($"{layer}") : part));
}
