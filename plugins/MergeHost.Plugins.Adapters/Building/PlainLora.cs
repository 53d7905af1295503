using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>An adapter that is a product for each module and nothing else, so that it can be merged as an adapter.</summary>
internal sealed class PlainLora
{
    private const string Hint = "Merge models instead, as `base+adapter`, and extract an adapter of the result: `mergehost extract BASE MERGED OUT`.";

    // What makes more of the tensors than a product, or less.
    private static readonly string[] _fields =
        ["use_dora", "lora_bias", "kasa_config", "use_bdlora", "alora_invocation_tokens", "use_qalora", "arrow_config", "layer_replication", "trainable_token_indices", "target_parameters"];

    private static readonly string[] _changedBases = ["pissa", "olora", "loftq", "corda", "lora_ga"];

    private readonly AdapterFile _file;
    private readonly InterleavedRows? _rows;

    /// <param name="merged">What the recipe says of it.</param>
    /// <param name="reader">The adapter.</param>
    /// <param name="base">The base's configuration, if it is named.</param>
    /// <exception cref="MergeHostException">It is something else.</exception>
    public PlainLora(MergedAdapter merged, ICheckpointReader reader, System.Text.Json.Nodes.JsonObject? @base)
    {
        Merged = merged;
        _file = new AdapterFile(reader, merged.Model);
        _rows = InterleavedRows.Of(_file.Config, @base);
        AdapterConfig config = _file.Config;
        string start = config.Text("init_lora_weights")?.ToLowerInvariant() ?? "";
        string? odd = config.Kind != "LORA" ? $"it is of kind '{config.Kind}'"
            : Array.Find(_fields, config.Has) is { } field ? $"'{field}' is set"
            : Array.Exists(_changedBases, start.StartsWith) ? $"'init_lora_weights' is '{start}', which changes the base"
            : _file.Modules.SelectMany(module => module.Parts).FirstOrDefault(part => !IsCopy(part.Value) && part.Key is not ("lora_A" or "lora_B" or "lora_embedding_A" or "lora_embedding_B")).Value is { } other
                ? $"'{CheckpointException.Printable(other.Name)}' is no factor of a product" : null;
        if (odd is not null)
        {
            throw BuildException.Refused($"{merged.Model}: an adapter can be merged as an adapter if it is a LoRA of products alone: {odd}", Hint, merged.Place);
        }

        Copies = [.. reader.Tensors.Where(IsCopy).Select(tensor => new BlueprintSource(merged.Model, tensor.Name))];
        foreach (AdapterModule module in _file.Modules.Where(module => module.Parts.Values.Any(tensor => !IsCopy(tensor))))
        {
            bool isEmbedding = module.Has("lora_embedding_A") || module.Has("lora_embedding_B");
            (string a, string b) = isEmbedding ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A", "lora_B");
            TensorShape right = module.Take(a).Shape;
            TensorShape left = module.Take(b).Shape;
            if (right.Rank != 2 || left.Rank != 2 || left[1] != right[0])
            {
                throw module.Wrong(b, $"shape {left} cannot be multiplied with {right} of '{a}' as a matrix", Hint);
            }

            int rank = checked((int)right[0]);
            Modules.Add(module.Name, new PlainModule(
                this, module.Name, new FactorShape(rank, checked((int)right[1]), checked((int)left[0]), isEmbedding), LoraScale.Of(_file, module, module.Name, rank, a),
                new BlueprintSource(merged.Model, module.Parts[a].Name), new BlueprintSource(merged.Model, module.Parts[b].Name)));
        }
    }

    /// <summary>What the recipe says of it.</summary>
    public MergedAdapter Merged { get; }

    /// <summary>What its configuration says of the base.</summary>
    public string? Base => _file.Config.Text("base_model_name_or_path");

    /// <summary>Its task.</summary>
    public string? TaskType => _file.Config.Text("task_type");

    /// <summary>Whether its configuration says that the base stores projections as <c>[in, out]</c>.</summary>
    public bool IsTransposed => _file.Config.Is("fan_in_fan_out");

    /// <summary>What is worth knowing of it.</summary>
    public IReadOnlyList<Problem> Warnings => _file.Warnings;

    /// <summary>Copies of the base's embedding and head, which PEFT stores beside the changes of those.</summary>
    public IReadOnlyList<BlueprintSource> Copies { get; }

    /// <summary>Its modules, by name.</summary>
    public Dictionary<string, PlainModule> Modules { get; } = [];

    private static bool IsCopy(TensorInfo tensor) => tensor.Name.EndsWith(".base_layer.weight", StringComparison.Ordinal);

    /// <summary>Reads a module's product.</summary>
    public Factors Read(PlainModule module, MadeTensors made)
    {
        Matrix<float> right = new(module.Shape.Rank, module.Shape.In, made.Read(module.A));
        Matrix<float> left = new(module.Shape.Out, module.Shape.Rank, made.Read(module.B));
        return new Factors(_rows is null ? left : _rows.Undo(module.Name, left), right).Times(module.Scale);
    }
}

/// <summary>A module of an adapter.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The extents of its factors.</param>
/// <param name="Scale">The factor on the product.</param>
/// <param name="A">The right factor.</param>
/// <param name="B">The left factor.</param>
internal sealed record PlainModule(PlainLora Adapter, string Name, FactorShape Shape, double Scale, BlueprintSource A, BlueprintSource B)
{
    /// <summary>The product.</summary>
    public Factors Read(MadeTensors made) => Adapter.Read(this, made);
}
