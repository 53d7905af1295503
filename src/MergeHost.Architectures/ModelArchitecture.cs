using System.Text.Json.Nodes;

namespace MergeHost.Architectures;

/// <summary>A family of models: its classes, its tensors and the settings of its <c>config.json</c>, as
/// Hugging Face and as GGUF spell them.</summary>
/// <remarks>One JSON file each; <c>docs/architectures.md</c> says what it holds.</remarks>
public sealed class ModelArchitecture
{
    private readonly Lazy<Dictionary<string, ArchitectureTensor>> _byGguf;
    private readonly Lazy<Dictionary<string, ArchitectureTensor>> _byHub;

    internal ModelArchitecture()
    {
        _byGguf = new(() => Tensors.ToDictionary(tensor => tensor.Gguf));
        _byHub = new(() => Tensors.ToDictionary(tensor => tensor.Hub));
    }

    /// <summary>The file of another family, whose settings and tensors this one has too, unless it says otherwise of them.</summary>
    public string? Extends { get; init; }

    /// <summary>GGUF's name, with which its keys begin; empty for what is only there to be extended.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// What tells it from another family of the same name: a key of GGUF that is not 0, such as <c>expert_count</c>, or its value, such as
    /// <c>block_count=46</c>.
    /// </summary>
    public string? When { get; init; }

    /// <summary>The classes that <c>config.json</c> names; the first is that of a model that is converted from GGUF.</summary>
    public IReadOnlyList<string> Hub { get; init; } = [];

    /// <summary>Settings that <c>config.json</c> has in every model of the family.</summary>
    public IReadOnlyDictionary<string, JsonNode> Config { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>Settings that are true where there are tensors whose names in GGUF end so.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Settings that GGUF has no place for, since programs know one value of each; with the values of <c>config.json</c> that mean it,
    /// <see langword="null"/> for none.
    /// </summary>
    public IReadOnlyDictionary<string, JsonArray> Assumes { get; init; } = new Dictionary<string, JsonArray>();

    /// <summary>The ways to scale positions that GGUF has a place for.</summary>
    public IReadOnlyList<string> Scaling { get; init; } = [];

    /// <summary>The settings that both have, in the order of GGUF.</summary>
    public IReadOnlyList<ArchitectureSetting> Keys { get; init; } = [];

    /// <summary>The tensors that both have.</summary>
    public IReadOnlyList<ArchitectureTensor> Tensors { get; init; } = [];

    /// <summary>Roles of tensors by the ends of their names, where words that other families use do not tell them.</summary>
    public IReadOnlyDictionary<string, TensorRole> Roles { get; init; } = new Dictionary<string, TensorRole>();

    /// <summary>Finds a tensor by GGUF's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="layer">The layer's number, or -1.</param>
    /// <returns><see langword="null"/> if the family has none.</returns>
    public ArchitectureTensor? FindGguf(string name, out int layer) => Find(_byGguf.Value, name, out layer, out _);

    /// <summary>Finds a tensor by Hugging Face's name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="layer">The layer's number, or -1.</param>
    /// <param name="expert">The expert's number, or -1.</param>
    /// <returns><see langword="null"/> if the family has none.</returns>
    public ArchitectureTensor? FindHub(string name, out int layer, out int expert) => Find(_byHub.Value, name, out layer, out expert);

    /// <summary>This family with all that it takes from another.</summary>
    internal ModelArchitecture Over(ModelArchitecture other) => new()
    {
        Name = Name,
        When = When,
        Hub = Hub,
        Config = Config,
        Assumes = Assumes,
        Roles = Roles,
        Flags = Flags.Count > 0 ? Flags : other.Flags,
        Scaling = Scaling.Count > 0 ? Scaling : other.Scaling,
        Keys = [.. other.Keys.Where(key => !Keys.Any(mine => mine.Id == key.Id)), .. Keys],
        Tensors = [.. other.Tensors.Where(tensor => !Tensors.Any(mine => mine.Gguf == tensor.Gguf || mine.Hub == tensor.Hub)), .. Tensors],
    };

    // The first number is the layer's, the second that of an expert.
    private static ArchitectureTensor? Find(Dictionary<string, ArchitectureTensor> names, string name, out int layer, out int expert)
    {
        string[] parts = name.Split('.');
        layer = Take(parts, ArchitectureTensor.Layer);
        expert = Take(parts, ArchitectureTensor.Expert);
        return names.GetValueOrDefault(string.Join('.', parts));
    }

    private static int Take(string[] parts, string sign)
    {
        int at = Array.FindIndex(parts, part => LayerTensorName.Number(part) is not null);
        if (at < 0)
        {
            return -1;
        }

        int number = LayerTensorName.Number(parts[at])!.Value;
        parts[at] = sign;
        return number;
    }
}
