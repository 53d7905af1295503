using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>An adapter that is to be written: its tensors, and the configuration that says what they are.</summary>
/// <remarks>Every scale is 1, folded into the factors: alpha is the rank. Modules have their full
/// names, as the loaded model has them.</remarks>
/// <param name="type">The type of factors.</param>
internal sealed class AdapterPlan(DType type)
{
    private const string Prefix = "base_model.model.";

    private readonly SortedDictionary<string, int> _ranks = new(StringComparer.Ordinal);
    private readonly List<string> _modules = [];
    private readonly List<string> _parameters = [];
    private readonly SortedSet<string> _whole = new(StringComparer.Ordinal);
    private readonly List<BlueprintTensor> _tensors = [];

    /// <summary>The tensors.</summary>
    public IReadOnlyList<BlueprintTensor> Tensors => _tensors;

    /// <summary>Whether biases are among the tensors: then all of the model's are.</summary>
    public bool HasBiases { get; private set; }

    /// <summary>Whether embedding and head are saved as one.</summary>
    public bool TiesEmbeddings { get; set; }

    /// <summary>Whether the base stores projections as <c>[in, out]</c>.</summary>
    public bool IsTransposed { get; set; }

    /// <summary>Whether the left factors of modules have a bias.</summary>
    public bool HasFactorBiases { get; private set; }

    /// <summary>Whether modules have trained lengths.</summary>
    public bool HasMagnitudes { get; set; }

    /// <summary>The names of the factors of a module, right and left.</summary>
    /// <param name="module">The module, without its parameter.</param>
    /// <param name="factors">What is made.</param>
    public static (string A, string B) NamesOf(string module, FactorShape factors)
    {
        string place = Prefix + module + string.Concat(Enumerable.Repeat(".base_layer", factors.Depth));
        return factors.IsEmbedding
            ? ($"{place}.lora_embedding_A", $"{place}.lora_embedding_B")
            : ($"{place}.lora_A.weight", $"{place}.lora_B.weight");
    }

    /// <summary>The name of a module's lengths.</summary>
    public static string MagnitudesOf(string module) => $"{Prefix}{module}.lora_magnitude_vector";

    /// <summary>The name of the bias of a module's left factor.</summary>
    public static string BiasOf(string module) => $"{Prefix}{module}.lora_B.bias";

    /// <summary>Adds the factors of a module.</summary>
    /// <param name="module">The module, without its parameter.</param>
    /// <param name="factors">What is made.</param>
    /// <param name="sources">What it is made from.</param>
    /// <param name="treatment">What makes both.</param>
    public void AddModule(string module, FactorShape factors, IReadOnlyList<BlueprintSource> sources, Treatment treatment)
    {
        (string a, string b) = NamesOf(module, factors);
        _tensors.Add(new BlueprintTensor(a, [factors.Rank * factors.Count, factors.In])
        {
            Sources = sources,
            Treatment = treatment,
            DType = type
        });
        _tensors.Add(new BlueprintTensor(b, [factors.Out, factors.Rank * factors.Count])
        {
            Sources = sources,
            Treatment = treatment,
            DType = type
        });
        if (factors.Lengths > 0)
        {
            _tensors.Add(new BlueprintTensor(MagnitudesOf(module), [factors.Lengths])
            {
                Sources = sources,
                Treatment = treatment,
                DType = type
            });
        }

        if (factors.HasBias)
        {
            HasFactorBiases = true;
            _tensors.Add(new BlueprintTensor(BiasOf(module), [factors.Out]) { Sources = sources, Treatment = treatment, DType = type });
        }

        string target = factors.Parameter is null ? module : $"{module}.{factors.Parameter}";
        _ranks.Add(target, factors.Rank);
        (factors.Parameter is null ? _modules : _parameters).Add(target);
    }

    /// <summary>Adds a tensor that takes the place of the base's.</summary>
    /// <param name="module">The module.</param>
    /// <param name="parameter">Its parameter.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="sources">What it is made from.</param>
    /// <param name="treatment">What makes it; by default it is a copy.</param>
    public void AddWhole(string module, string parameter, TensorShape shape, IReadOnlyList<BlueprintSource> sources,
        Treatment? treatment = null)
    {
        if (parameter == "bias" && !_whole.Contains(module))
        {
            HasBiases = true;
            module = _modules.Contains(module) ? module + ".base_layer" : module;
        }
        else
        {
            _whole.Add(module);
        }

        _tensors.Add(new BlueprintTensor($"{Prefix}{module}.{parameter}", shape)
        {
            Sources = sources,
            Treatment = treatment ?? Treatment.CopySource(0)
        });
    }

    /// <summary>The configuration.</summary>
    /// <param name="base">What it says of the base, or <see langword="null"/>.</param>
    /// <param name="taskType">The task, or <see langword="null"/>.</param>
    /// <exception cref="BuildException">PEFT does not take the tensors together.</exception>
    public CompanionFile Config(string? @base, string? taskType)
    {
        if (HasMagnitudes && _parameters.Count > 0)
        {
            throw BuildException.Refused($"'{_parameters[0]}' is a parameter and no module's weight, and PEFT takes none beside DoRA",
                "Extract without `--dora`.");
        }

        int rank = _ranks.Count == 0 ? 1 : _ranks.Values.Max();
        JsonObject config = new()
        {
            ["alpha_pattern"] = Pattern(rank),
            ["base_model_name_or_path"] = @base,
            ["bias"] = HasBiases ? "all" : "none",
            ["ensure_weight_tying"] = TiesEmbeddings,
            ["fan_in_fan_out"] = IsTransposed,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = rank,
            ["lora_bias"] = HasFactorBiases,
            ["lora_dropout"] = 0.0,
            ["modules_to_save"] = _whole.Count == 0 ? null : Texts(_whole),
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["rank_pattern"] = Pattern(rank),
            ["target_modules"] = Texts(_modules),
            ["target_parameters"] = _parameters.Count == 0 ? null : Texts(_parameters),
            ["task_type"] = taskType,
            ["use_dora"] = HasMagnitudes,
            ["use_rslora"] = false,
        };
        return CompanionFile.FromBytes(AdapterConfig.FileName, PythonJson.Indented(config));
    }

    // A name is a regular expression there.
    private JsonObject Pattern(int usual) => new(_ranks.Where(module => module.Value != usual)
        .Select(module => KeyValuePair.Create(Regex.Escape(module.Key), (JsonNode?)JsonValue.Create(module.Value))));

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode?)JsonValue.Create(text))];
}

/// <summary>The extents of two factors.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="In">The columns of the right one.</param>
/// <param name="Out">The rows of the left one.</param>
/// <param name="IsEmbedding">Whether they are those of an embedding.</param>
/// <param name="Parameter">The parameter, if that is targeted and not the module.</param>
/// <param name="Lengths">How many trained lengths go with them.</param>
internal sealed record FactorShape(int Rank, int In, int Out, bool IsEmbedding = false, string? Parameter = null, int Lengths = 0)
{
    /// <summary>How many products there are: one for each expert.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How many parameters of the module are targeted that its class defines later.</summary>
    public int Depth { get; init; }

    /// <summary>Whether the left factor has a bias.</summary>
    public bool HasBias { get; init; }
}
