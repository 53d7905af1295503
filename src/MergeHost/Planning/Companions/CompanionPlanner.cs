using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Planning.Layers;
using MergeHost.Planning.Modules;
using MergeHost.Plans;
using MergeHost.Recipes;

namespace MergeHost.Planning.Companions;

/// <summary>Decides which configuration and tokenizer files the output gets, and what is changed in them.</summary>
/// <remarks>
/// Configuration comes from the base, or from the first model if there is no base; the tokenizer too, unless the recipe names another.
/// In <c>config.json</c> the dtype, the number of layers with every list of one entry a layer, the vocabulary's size and the tie of
/// embeddings are set to what the output holds; all else stays as written.
/// </remarks>
internal sealed class CompanionPlanner(
    RecipeStage stage, IReadOnlyDictionary<string, InputModel> models, IReadOnlyList<TensorPlan> tensors,
    IReadOnlyList<StageAlignment> alignments,
    List<Problem> problems)
{
    // Whatever is called tokenizer.… is one too: formats may have files of their own.
    private static readonly string[] _tokenizerFiles =
    [
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "spiece.model",
        "chat_template.jinja", "chat_template.json", "sentencepiece.bpe.model", "tekken.json",
    ];

    private const string Generation = "generation_config.json";

    private static readonly string[] _dtypeKeys = ["torch_dtype", "dtype"];

    // Models whose weights fit together, but whose meaning does not if one of these differs.
    private static readonly string[] _meaningKeys =
    [
        "architectures", "hidden_act", "num_attention_heads", "num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta",
        "rope_scaling",
        "sliding_window", "partial_rotary_factor",
    ];

    private static readonly string[] _positionKeys = ["rope_theta", "rope_scaling", "partial_rotary_factor"];

    private readonly ModuleMap _modules = new(stage);

    /// <summary>Whether packed tensors stay packed, so that their type is not that of the output.</summary>
    public bool KeepsPacking { get; init; }

    /// <summary>Plans the files, or takes those of a builder and says in them what is stored.</summary>
    public IReadOnlyList<CompanionFile> Plan(ModelBlueprint? blueprint) => blueprint is null ? Plan() :
    [
        .. blueprint.Companions.Where(file => !IsTokenizer(file)).Select(file => file.Name == "config.json" ? WithDType(file) : file),
        .. ChatTemplates.Apply(stage.ChatTemplate, Aligned ?? [.. blueprint.Companions.Where(IsTokenizer)], models.Values, problems),
    ];

    private IReadOnlyList<CompanionFile>? Aligned =>
        alignments.Select(alignment => alignment.Result.Companions).LastOrDefault(files => files is not null);

    private CompanionFile WithDType(CompanionFile file)
    {
        JsonObject config = file.ReadJson();
        SetDType(config);
        SetAligned(LayerFields.TextOf(config));
        return CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
    }

    private List<CompanionFile> Plan()
    {
        InputModel donor = models[stage.Donor.Name];
        IReadOnlyList<CompanionFile> tokenizer = Aligned ?? [.. donor.Companions.Where(IsTokenizer)];
        WarnOfDifferences(donor);
        WarnOfLayerCounts();
        problems.AddRange(CustomCode.Warnings(donor, TokenizerOwner ?? donor));
        bool isPlain = PackedWeights.Find(donor) is null;
        List<CompanionFile> files =
            [.. donor.Companions.Where(file => !IsTokenizer(file) && tokenizer.All(other => other.Name != file.Name)
                && file.Name is not ("config.json" or "adapter_config.json") && !(isPlain && PackedWeights.IsDescription(file.Name)))];
        files.AddRange(ChatTemplates.Apply(stage.ChatTemplate, tokenizer, models.Values, problems));
        if (donor.Config is null)
        {
            problems.Add(new Problem(ErrorCodes.BadConfig, $"'{donor.Name}' has no config.json, so the output gets none", null,
                stage.BaseModel?.Place, Severity.Warning));
            return files;
        }

        JsonObject config = (JsonObject)donor.Config.DeepClone();
        Adjust(config, donor);
        CheckSpecialTokens(config, files, donor);
        return [CompanionFile.FromBytes("config.json", PythonJson.Indented(config)), .. files];
    }

    private InputModel? TokenizerOwner =>
        alignments.Select(alignment => alignment.Result.TokenizerOwner).LastOrDefault(name => name is not null) is not { } owner ? null
        : models.GetValueOrDefault(owner)
            ?? alignments.SelectMany(alignment => alignment.Others).FirstOrDefault(model => model.Name == owner);

    // A token without a row ends every program that meets it; where the model itself is so, that is said.
    private void CheckSpecialTokens(JsonObject config, List<CompanionFile> files, InputModel donor)
    {
        if (TensorRoles.RowsOfEmbedding(tensors.Select(tensor => tensor.Output)) is not { } rows)
        {
            return;
        }

        JsonObject? generation = files.Find(file => file.Name == Generation)?.ReadJson();
        long before = TensorRoles.RowsOfEmbedding(donor.Stored) ?? rows;
        foreach ((string key,
            long id) in SpecialTokenIds.Without(config["text_config"] as JsonObject ?? config, rows)
                .Concat(SpecialTokenIds.Without(generation, rows)).Distinct())
        {
            problems.Add(new Problem(ErrorCodes.VocabularyMismatch,
                $"{key} of '{donor.Name}' is {id}, and the output's embedding has {rows} rows",
                "Set `tokenizer_source:` to the model whose vocabulary the result gets.", null,
                id < before ? Severity.Error : Severity.Warning));
        }
    }

    private static bool IsTokenizer(CompanionFile file) =>
        file.Name.StartsWith("tokenizer.", StringComparison.Ordinal)
            || file.Name.StartsWith(CompanionFile.TemplateFolder + "/", StringComparison.Ordinal) || _tokenizerFiles.Contains(file.Name);

    private void Adjust(JsonObject config, InputModel donor)
    {
        JsonObject text = LayerFields.TextOf(config);
        DropQuantization(config, donor);
        SetDType(config);
        foreach (IGrouping<RecipeModule?, RecipeSlice> module in stage.Slices.Where(slice => slice.Sources[0].Layers is not null)
            .GroupBy(slice => slice.Module))
        {
            SetLayers(config, donor, module.Key, [.. module]);
        }

        if (text["vocab_size"] is not null && TensorRoles.RowsOfEmbedding(tensors.Select(tensor => tensor.Output)) is { } rows
            && TensorRoles.RowsOfEmbedding(donor.Stored) != rows)
        {
            text["vocab_size"] = rows;
        }

        SetAligned(text);
        // Where the configuration says nothing, some architectures tie the two (Gemma), and would not read the head.
        bool mayTie = OutputHead.SaysTied(donor.Config) ?? (donor.TiesEmbeddings || OutputHead.IsApart(donor));
        if (mayTie && OutputHead.Find(tensors.Select(tensor => tensor.Output)) is not null)
        {
            OutputHead.Untie(config);
        }
    }

    private void SetAligned(JsonObject text)
    {
        foreach ((string key, JsonNode? value) in alignments.SelectMany(alignment => alignment.Result.Config))
        {
            text[key] = value?.DeepClone();
        }
    }

    // A setting that weights were loaded with, and that stayed when they were saved plain.
    private void DropQuantization(JsonObject config, InputModel donor)
    {
        if (PackedWeights.Find(donor) is null && PackedWeights.Drop(config) is { Count: > 0 } dropped)
        {
            problems.Add(new Problem(ErrorCodes.BadConfig,
                $"config.json of '{donor.Name}' says {string.Join(", ", dropped.Select(field => $"'{field}'"))}, but its weights are "
                    + "plain; the output does not get it",
                null, null, Severity.Warning));
        }
    }

    // Transformers 5 writes `dtype`, earlier ones `torch_dtype`; what is there is kept, one of them must be.
    private void SetDType(JsonObject config)
    {
        DType type = tensors.Where(tensor => tensor.Output.DType.Kind == DTypeKind.Float
                && !(KeepsPacking && tensor.Inputs.Any(input => input.Model.Unpacked?.PartsOf(input.Tensor.Name).Count > 0)))
            .GroupBy(tensor => tensor.Output.DType).OrderByDescending(group => group.Sum(tensor => tensor.Output.ElementCount))
            .Select(group => group.Key).FirstOrDefault(DType.F32);
        string name = type.Name switch { "F32" => "float32", "BF16" => "bfloat16", "F16" => "float16", "F64" => "float64", _ => type.Name };
        foreach (string key in _dtypeKeys.Where(config.ContainsKey).DefaultIfEmpty(_dtypeKeys[0]).ToList())
        {
            config[key] = name;
        }
    }

    private void SetLayers(JsonObject config, InputModel donor, RecipeModule? module, List<RecipeSlice> slices)
    {
        LayerSection section = LayerSection.Of(_modules.Divides ? ModuleMap.PartOf(module) : null);
        if (section.Find(config) is not { } fields || section.CountKeys(fields) is [])
        {
            problems.Add(new Problem(ErrorCodes.BadConfig,
                $"config.json of '{donor.Name}' does not say how many layers '{module?.Name}' has, so the output's does not either",
                null, module?.Place, Severity.Warning));
            return;
        }

        List<LayerOrigin> origins = [.. slices.SelectMany(slice => Origins(slice, donor))];
        InputModel part = _modules.Part(donor, module);
        new LayerRenumbering(part, origins, section).Apply(fields);
        IEnumerable<TensorInfo> outputs = tensors.Select(tensor => tensor.Output)
            .Where(output => _modules.Of(output.Name) == module || !_modules.Divides);
        if (section.HasKinds && new LayerKinds(part, origins, outputs).Check(fields) is { } problem)
        {
            problems.Add(problem with { Place = slices[0].Place });
        }
    }

    private IEnumerable<LayerOrigin> Origins(RecipeSlice slice, InputModel donor)
    {
        RecipeSource source = slice.Sources.FirstOrDefault(source => models[source.Model.Name] == donor) ?? slice.Sources[0];
        InputModel part = _modules.Part(models[source.Model.Name], slice.Module);
        return Enumerable.Range(source.Layers!.Start, source.Layers.Count).Select(layer => new LayerOrigin(part, layer));
    }

    private void WarnOfDifferences(InputModel donor)
    {
        foreach (InputModel model in models.Values.Distinct().Where(model => model.Config is not null))
        {
            if (RopeSettings.Contradiction(model.Config!) is { } contradiction)
            {
                problems.Add(new Problem(ErrorCodes.BadConfig, $"config.json of '{model.Name}': {contradiction}",
                    "Remove from it what does not count.", null, Severity.Warning));
            }
        }

        foreach (InputModel other in models.Values.Distinct()
            .Where(model => model != donor && model.Config is not null && donor.Config is not null))
        {
            foreach (string key in _meaningKeys.Where(key => !JsonNode.DeepEquals(Meaning(donor.Config!, key),
                Meaning(other.Config!, key))))
            {
                problems.Add(new Problem(ErrorCodes.BadConfig,
                    $"config.json: {key} is {Text(other, key)} in '{other.Name}', {Text(donor, key)} in '{donor.Name}', whose the output "
                        + "gets",
                    _positionKeys.Contains(key)
                        ? $"Weights that were trained for other positions do not fit: leave '{other.Name}' out, or make it the base for "
                            + "the output to have its own."
                        : null,
                    null, Severity.Warning));
            }
        }
    }

    private void WarnOfLayerCounts()
    {
        foreach (InputModel model in models.Values.Distinct())
        {
            if (LayerFields.Count(model.Config) is { } count && model.Stacks.Count > 0
                && model.Stacks.All(stack => stack.Numbers.Count != count)
                && !LayerFields.SharesLayers(model.Config!))
            {
                problems.Add(new Problem(ErrorCodes.BadConfig,
                    $"'{model.Name}': config.json says {count} layers, the tensors are of {model.LayerCount}",
                    null, null, Severity.Warning));
            }
        }
    }

    private static string Text(InputModel model, string key) => Meaning(model.Config!, key)?.Words() ?? "not set";

    private static JsonNode? Meaning(JsonObject config, string key) => key switch
    {
        "rope_theta" or "partial_rotary_factor" => RopeSettings.Read(config)[key],
        "rope_scaling" => Scaling(RopeSettings.Read(config)),
        _ => config[key],
    };

    private static JsonObject? Scaling(JsonObject rope)
    {
        rope.Remove("rope_theta");
        rope.Remove("partial_rotary_factor");
        return rope["rope_type"].AsText() == "default" ? null : rope;
    }
}
