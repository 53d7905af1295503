using System.Text.Json.Nodes;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>An adapter whose change is products and sums, so that it can be merged as an adapter.</summary>
internal sealed class PlainLora
{
    /// <summary>The way out where an adapter cannot be merged as one.</summary>
    public const string Hint =
        "Merge models instead, as `base+adapter`, and extract an adapter of the result: `mergehost extract BASE MERGED OUT`.";

    private const string Bias = "lora_B.bias";

    // What makes more of the tensors than a product, or less.
    private static readonly string[] _fields =
        ["use_dora", "kasa_config", "use_bdlora", "alora_invocation_tokens", "use_qalora", "arrow_config", "layer_replication",
            "trainable_token_indices"];

    private static readonly string[] _changedBases = ["pissa", "olora", "loftq", "corda", "lora_ga"];

    private static readonly string[] _parts = ["lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B"];

    private readonly ICheckpointReader _reader;
    private readonly Dictionary<string, TensorInfo> _tensors;
    private readonly AdapterFile _file;
    private readonly InterleavedRows? _rows;

    /// <param name="merged">What the recipe says of it.</param>
    /// <param name="reader">The adapter.</param>
    /// <param name="base">The base's configuration, if it is named.</param>
    /// <param name="refuse">Makes the error of an adapter that is something else.</param>
    /// <exception cref="MergeHostException">It is something else.</exception>
    public PlainLora(MergedAdapter merged, ICheckpointReader reader, JsonObject? @base, Func<string, MergeHostException> refuse)
    {
        Merged = merged;
        _reader = reader;
        _tensors = reader.Tensors.ToDictionary(tensor => tensor.Name);
        _file = new AdapterFile(reader, merged.Model);
        _rows = InterleavedRows.Of(_file.Config, @base);
        if (Odd() is { } odd)
        {
            throw refuse($"{merged.Model}: the adapter is no LoRA of products, biases and whole modules alone: {odd}");
        }

        Copies = [.. reader.Tensors.Where(IsCopy).Select(Source)];
        foreach (AdapterModule module in _file.Modules)
        {
            foreach ((string part,
                TensorInfo tensor) in module.Parts.Where(part => part.Key[0] == AdapterKey.Replaces && !IsCopy(part.Value)))
            {
                Whole.Add((module.Name, part[1..]), tensor);
            }

            if (module.Parts.Keys.Any(_parts.Contains))
            {
                PlainModule product = Product(module);
                Modules.Add((module.Name, product.Shape.Parameter), product);
            }
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

    /// <summary>Its products, by module and parameter; that is <see langword="null"/> for the weight of a module.</summary>
    public Dictionary<(string Module, string? Parameter), PlainModule> Modules { get; } = [];

    /// <summary>The tensors that take the place of the base's, by module and parameter.</summary>
    public Dictionary<(string Module, string Parameter), TensorInfo> Whole { get; } = [];

    /// <summary>A tensor of it.</summary>
    public BlueprintSource Source(TensorInfo tensor) => new(Merged.Model, tensor.Name);

    /// <summary>Reads the products of a module, one for each expert.</summary>
    /// <param name="module">The module.</param>
    /// <param name="read">Reads a tensor.</param>
    public IReadOnlyList<Factors> Read(PlainModule module, Func<BlueprintSource, float[]> read)
    {
        (FactorShape shape, int count) = (module.Shape, module.Shape.Count);
        Matrix<float> right = new(shape.Rank * count, shape.In, read(module.A));
        Matrix<float> left = new(shape.Out, shape.Rank * count, read(module.B));
        Factors[] factors = count > 1 ? [.. Enumerable.Range(0, count).Select(expert => Factors.OfExpert(expert, count, right, left))]
            : [new Factors(_rows is null ? left : _rows.Undo(module.Name, left), right)];
        return [.. factors.Select(product => product.Times(module.Scale))];
    }

    /// <summary>Reads a tensor while planning.</summary>
    public float[] ReadNow(BlueprintSource source)
    {
        TensorInfo tensor = _tensors[source.Tensor];
        float[] values = new float[tensor.ElementCount];
        _reader.ReadSingle(tensor, 0, values);
        return values;
    }

    private static bool IsCopy(TensorInfo tensor) => tensor.Name.EndsWith(".base_layer.weight", StringComparison.Ordinal);

    private string? Odd()
    {
        AdapterConfig config = _file.Config;
        string start = config.Text("init_lora_weights")?.ToLowerInvariant() ?? "";
        return config.Kind != "LORA" ? $"it is of kind '{config.Kind}'"
            : Array.Find(_fields, config.Has) is { } field ? $"'{field}' is set"
            : Array.Exists(_changedBases, start.StartsWith) ? $"'init_lora_weights' is '{start}', which changes the base"
            : _file.Modules.SelectMany(module => module.Parts)
                .FirstOrDefault(part => part.Key[0] != AdapterKey.Replaces && !_parts.Contains(part.Key)
                    && part.Key != Bias).Value is { } other
                ? $"'{CheckpointException.Printable(other.Name)}' is no factor of a product" : null;
    }

    private PlainModule Product(AdapterModule module)
    {
        IReadOnlyList<string> parameters = TargetedParameters.Of(_file.Config, module.Name);
        string? parameter = parameters.Count == 0 ? null : TargetedParameters.At(_file.Config, module, parameters);
        string name = parameter is null ? module.Name : $"{module.Name}.{parameter}";
        bool isEmbedding = module.Has("lora_embedding_A") || module.Has("lora_embedding_B");
        (string a, string b) = isEmbedding ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A", "lora_B");
        TensorShape right = module.Take(a).Shape;
        TensorShape left = module.Take(b).Shape;
        if (right.Rank != 2 || left.Rank != 2 || left[1] != right[0])
        {
            throw module.Wrong(b, $"shape {left} cannot be multiplied with {right} of '{a}' as a matrix", Hint);
        }

        if (module.Has(Bias) && !_file.Config.Is("lora_bias"))
        {
            throw _file.Config.Wrong($"'lora_bias' is false, and module '{module.Name}' has '{Bias}'",
                "Set `\"lora_bias\": true` if the biases are to be merged.");
        }

        // Of a parameter there is a product for each expert; the configuration alone says of what rank.
        int count = parameter is null ? 1 : Math.Max(1, (int)(right[0] / LoraScale.RankOf(_file, name)));
        int rank = checked((int)right[0]) / count;
        return new PlainModule(
            this, module.Name,
            new FactorShape(rank, checked((int)right[1]), checked((int)left[0]), isEmbedding, parameter)
            {
                Count = count,
                HasBias = module.Has(Bias)
            },
            LoraScale.Of(_file, module, name, rank, a), Source(module.Parts[a]), Source(module.Parts[b]),
            module.Has(Bias) ? Source(module.Take(Bias)) : null);
    }
}

/// <summary>A module of an adapter.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Name">Its name.</param>
/// <param name="Shape">The extents of its factors.</param>
/// <param name="Scale">The factor on the product.</param>
/// <param name="A">The right factor.</param>
/// <param name="B">The left factor.</param>
/// <param name="Bias">What is added to the bias, before it is scaled, or <see langword="null"/>.</param>
internal sealed record PlainModule(PlainLora Adapter, string Name, FactorShape Shape, double Scale, BlueprintSource A, BlueprintSource B,
    BlueprintSource? Bias)
{
    /// <summary>The tensors.</summary>
    public IEnumerable<BlueprintSource> Sources => Bias is null ? [A, B] : [A, B, Bias];

    /// <summary>The products, one for each expert.</summary>
    public IReadOnlyList<Factors> Read(Func<BlueprintSource, float[]> read) => Adapter.Read(this, read);
}
