using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Naming;

namespace MergeHost.Plugins.Moe.Dense;

/// <summary>A mixture whose experts have tensors of their own.</summary>
internal sealed class Mixture
{
    /// <param name="name">As the recipe has it.</param>
    /// <param name="checkpoint">Its headers.</param>
    /// <exception cref="BuildException">It is none, or its layers are not alike.</exception>
    public Mixture(string name, ICheckpointReader checkpoint)
    {
        (Name, Checkpoint) = (name, checkpoint);
        JsonObject config = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()
            ?? throw Refused("has no config.json", "Name the folder of a whole model.");
        Type = config["model_type"].AsText() ?? "";
        Experts = (config["num_experts"] ?? config["num_local_experts"] ?? config["n_routed_experts"]).AsInt() is { } experts and > 0
            ? experts
            : throw Refused("is no mixture: config.json does not say how many experts it has", "Name a mixture.");
        PerToken = config["num_experts_per_tok"].AsInt() ?? 1;
        Dictionary<(int Layer, Part Part), SortedDictionary<int, TensorInfo>> found = [];
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            Take(tensor, found);
        }

        foreach ((int layer, Part part) in found.Keys)
        {
            SortedDictionary<int, TensorInfo> weights = found[(layer, part)];
            TensorInfo first = weights.Values.First();
            if (weights.Count != Experts || weights.Values.Any(weight => weight.Shape != first.Shape))
            {
                throw Refused($"has {weights.Count} tensors like '{first.Name}', expected {Experts} of one shape", "Name a whole mixture.");
            }

            Weights.Add((layer, part), [.. weights.Values]);
        }

        int layers = config["num_hidden_layers"].AsInt() ?? 0;
        if (Weights.Count != 3 * layers)
        {
            throw Refused($"has experts in {Weights.Count / 3} of {layers} layers; layers of two sizes make no dense model",
                "Name a mixture with experts in every layer.");
        }
    }

    public string Name { get; }

    public ICheckpointReader Checkpoint { get; }

    public string Type { get; }

    public int Experts { get; }

    /// <summary>How many experts a token is sent to.</summary>
    public int PerToken { get; }

    /// <summary>The experts' weights by layer and part.</summary>
    public Dictionary<(int Layer, Part Part), TensorInfo[]> Weights { get; } = [];

    /// <summary>The routers by layer.</summary>
    public SortedDictionary<int, TensorInfo> Routers { get; } = [];

    /// <summary>The tensors of shared experts.</summary>
    public List<TensorInfo> Shared { get; } = [];

    /// <summary>The tensors that a dense model has too.</summary>
    public List<TensorInfo> Others { get; } = [];

    public BlueprintSource Source(TensorInfo tensor) => new(Name, tensor.Name);

    public BuildException Refused(string why, string hint) => BuildException.Refused($"'{Name}' {why}", hint);

    private void Take(TensorInfo tensor, Dictionary<(int Layer, Part Part), SortedDictionary<int, TensorInfo>> found)
    {
        switch (tensor.Name.Split('.'))
        {
            case ["model", "layers", string layer, "mlp" or "block_sparse_moe", "experts", string expert, string word,
                "weight"] when (PartNames.Find(PartNames.Usual, word) ?? PartNames.Find(PartNames.Mixtral, word)) is { } part:
                (int Layer, Part Part) key = (Number(layer), part);
                found.TryAdd(key, []);
                found[key].Add(Number(expert), tensor);
                break;
            case ["model", "layers", string layer, "mlp" or "block_sparse_moe", "gate", "weight"]:
                Routers.Add(Number(layer), tensor);
                break;
            case ["model", "layers", _, "mlp", "shared_expert" or "shared_experts" or "shared_expert_gate", ..]:
                Shared.Add(tensor);
                break;
            case ["model", "layers", _, "mlp" or "block_sparse_moe", ..]:
                throw Refused($"has '{tensor.Name}', for which a dense model has no place", "Name a mixture with experts in every layer.");
            default:
                Others.Add(tensor);
                break;
        }
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
