using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Naming;

namespace MergeHost.Plugins.Moe;

/// <summary>A dense model of which a mixture is made: its settings, and the weights of its feed-forward networks.</summary>
internal sealed class DenseModel
{
    private static readonly string[] _sizes = ["hidden_size", "intermediate_size", "num_hidden_layers"];

    private readonly Dictionary<(int Layer, Part Part), TensorInfo> _weights = [];

    /// <param name="name">As the recipe has it.</param>
    /// <param name="checkpoint">Its headers.</param>
    /// <param name="place">Where the recipe names it.</param>
    /// <exception cref="BuildException">It is no model of which a mixture can be made.</exception>
    public DenseModel(string name, ICheckpointReader checkpoint, TextPlace? place)
    {
        (Name, Checkpoint, Place) = (name, checkpoint, place);
        Config = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()
            ?? throw Refused("has no config.json", "Name the folder of a whole model.");
        Type = Config["model_type"].AsText()
            ?? throw Refused("does not say its model_type in config.json", "Name a model as transformers writes it.");
        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            if (PartOf(tensor.Name) is { } part)
            {
                _weights.Add(part, tensor);
            }
        }
    }

    public string Name { get; }

    public ICheckpointReader Checkpoint { get; }

    public TextPlace? Place { get; }

    public JsonObject Config { get; }

    /// <summary>Its <c>model_type</c>.</summary>
    public string Type { get; }

    public int Layers => Size("num_hidden_layers");

    public int HiddenSize => Size("hidden_size");

    public int FeedForwardSize => Size("intermediate_size");

    /// <summary>The layer and the part of a feed-forward network that a tensor is; <see langword="null"/> for others.</summary>
    public static (int Layer, Part Part)? PartOf(string tensor) =>
        tensor.Split('.') is ["model", "layers", string layer, "mlp", string part, "weight"]
            && PartNames.Find(PartNames.Usual, part) is { } found
        && int.TryParse(layer, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? (number, found) : null;

    /// <summary>The name of a weight of a feed-forward network.</summary>
    public static string NameOf(int layer, Part part) => $"model.layers.{layer}.mlp.{PartNames.Usual[(int)part]}.weight";

    /// <summary>A weight of a feed-forward network.</summary>
    public TensorInfo Weight(int layer, Part part) => _weights[(layer, part)];

    public BlueprintSource Source(TensorInfo tensor) => new(Name, tensor.Name);

    /// <summary>Checks that the model has every weight of an expert, in the shape that its settings say, and nothing more there.</summary>
    /// <exception cref="BuildException">It has not.</exception>
    public void CheckFeedForward()
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            foreach (Part part in Enum.GetValues<Part>())
            {
                TensorShape expected = part == Part.Down ? [HiddenSize, FeedForwardSize] : [FeedForwardSize, HiddenSize];
                if (!_weights.TryGetValue((layer, part), out TensorInfo? weight))
                {
                    throw Refused($"has no tensor '{NameOf(layer, part)}'",
                        "Name a model with gated feed-forward networks in every layer.");
                }

                if (weight.Shape != expected)
                {
                    throw Refused($"has '{weight.Name}' of shape {weight.Shape}, expected {expected} by its config.json",
                        "Name a model whose config.json fits its tensors.");
                }
            }
        }

        if (Checkpoint.Tensors.FirstOrDefault(tensor => tensor.Name.Contains(".mlp.", StringComparison.Ordinal)
            && PartOf(tensor.Name) is null) is { } other)
        {
            throw Refused($"has '{other.Name}', for which experts have no place",
                "Name a model whose feed-forward networks are three weights.");
        }
    }

    /// <summary>Checks that the model's feed-forward networks can stand in a base's layers.</summary>
    /// <returns>What differs and need not stand in the way.</returns>
    /// <exception cref="BuildException">They cannot.</exception>
    public IEnumerable<Problem> CheckAgainst(DenseModel @base)
    {
        if (Type != @base.Type)
        {
            throw Refused($"is of model_type {Type}, base '{@base.Name}' of {@base.Type}", "Build a mixture of models of one kind.");
        }

        foreach (string size in _sizes.Where(size => Size(size) != @base.Size(size)))
        {
            throw Refused($"has {size} {Size(size)}, base '{@base.Name}' has {@base.Size(size)}", "Build a mixture of models of one size.");
        }

        string activation = Config["hidden_act"].AsText() ?? "silu";
        string expected = @base.Config["hidden_act"].AsText() ?? "silu";
        return activation == expected
            ? Differences(@base)
            : throw Refused($"has hidden_act {activation}, base '{@base.Name}' has {expected}",
                "Build a mixture of models of one activation.");
    }

    public BuildException Refused(string why, string hint) => BuildException.Refused($"'{Name}' {why}", hint, Place);

    private IEnumerable<Problem> Differences(DenseModel @base)
    {
        if (!JsonNode.DeepEquals(Config["rms_norm_eps"], @base.Config["rms_norm_eps"]))
        {
            yield return Warning(
                $"rms_norm_eps is {Config["rms_norm_eps"].Words()}, of base '{@base.Name}' {@base.Config["rms_norm_eps"].Words()}, which "
                    + "the mixture gets");
        }

        (JsonObject rope, JsonObject other) = (RopeSettings.Read(Config), RopeSettings.Read(@base.Config));
        if (!JsonNode.DeepEquals(rope, other))
        {
            yield return Warning(
                $"positions are rotated by {rope.Words()}, those of base '{@base.Name}' by {other.Words()}, which the mixture gets");
        }

        if (Tokenizer is { } own && @base.Tokenizer is { } theirs && !own.HasContentOf(theirs)
            && !JsonNode.DeepEquals(own.ReadJson()["model"].Find("vocab"), theirs.ReadJson()["model"].Find("vocab")))
        {
            yield return Warning($"its tokens are not those of base '{@base.Name}', which the mixture gets");
        }
    }

    private CompanionFile? Tokenizer => Checkpoint.Companions.FirstOrDefault(file => file.Name == "tokenizer.json");

    private Problem Warning(string what) => new(ErrorCodes.BadConfig, $"expert '{Name}': {what}", null, Place, Severity.Warning);

    private int Size(string name) => Config[name].AsInt() is { } size and > 0 ? size
        : throw Refused($"has {name} {Config[name].Words()} in config.json, expected a whole number from 1 up",
            "Name a model as transformers writes it.");
}
