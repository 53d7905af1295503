using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>LoRA adapters, from llama.cpp's form to PEFT's and back.</summary>
/// <remarks>
/// <c>NAME.lora_a</c> is <c>[r, in]</c> and <c>NAME.lora_b</c> <c>[out, r]</c>, the former transposed for the embedding; a program
/// multiplies by alpha/r, with r of each <c>lora_b</c>, and by 1 if alpha is 0. Rows of the left factors of queries and keys are in
/// the order of the weights'. A file does not say how many heads there are: read, its rows stay as they are, and
/// <c>interleaved_rows</c> in the configuration says so.
/// </remarks>
internal static class AdapterMap
{
    /// <summary>What <c>general.type</c> is.</summary>
    public const string Kind = "adapter";

    /// <summary>The configuration's name.</summary>
    public const string ConfigFile = "adapter_config.json";

    private const string TypeKey = "adapter.type";
    private const string AlphaKey = "adapter.lora.alpha";
    private const string TokensKey = "adapter.alora.invocation_tokens";
    private const string Wrapped = "base_model.model.";
    private const string Embedding = "token_embd.weight";
    private const string Hint = "Give the model that it was trained on: `--base MODEL`.";

    /// <summary>What the tensors of a file are to PEFT, and the configuration that goes with them.</summary>
    /// <exception cref="CheckpointException">It is no LoRA, or of an architecture or a tensor that is not known.</exception>
    public static (IReadOnlyList<HubTensor> Tensors, CompanionFile Config) ToHub(Metadata metadata, IReadOnlyList<TensorInfo> tensors)
    {
        string kind = metadata.Text(TypeKey) ?? "";
        if (kind != "lora")
        {
            throw CheckpointException.OtherFormat(metadata.Path, "a LoRA", $"an adapter of type '{CheckpointException.Printable(kind)}'",
                "Name another adapter.");
        }

        ModelArchitecture architecture = ModelKind.FamilyOf(metadata) ?? throw CheckpointException.BadHeader(
            metadata.Path,
            $"the adapter is of architecture '{CheckpointException.Printable(metadata.Text(ModelKind.ArchitectureKey) ?? "")}', whose "
                + "names are not known", "Name the adapter in PEFT's form.");
        SortedDictionary<string, long> ranks = new(StringComparer.Ordinal);
        JsonObject interleaved = [];
        List<HubTensor> parts = [];
        foreach (TensorInfo tensor in tensors)
        {
            (string name, string? part) = Split(tensor.Name);
            ArchitectureTensor names = architecture.FindGguf(name, out int layer) is { IsStacked: false } known ? known
                : throw CheckpointException.BadTensor(metadata.Path, tensor.Name,
                    $"is a change of a tensor that the architecture '{architecture.Name}' has not as one matrix");
            string hub = names.HubIn(layer);
            if (part is null || tensor.Shape.Rank != 2)
            {
                throw CheckpointException.BadTensor(metadata.Path, tensor.Name,
                    "is no factor of a product: the file holds more than a LoRA", "Name the adapter in PEFT's form.");
            }

            string module = hub.EndsWith(".weight", StringComparison.Ordinal) ? hub[..^".weight".Length] : hub;
            bool isEmbedding = name == Embedding;
            parts.Add(part == "lora_a" && isEmbedding
                ? new HubTensor(tensor with { Name = $"{Wrapped}{module}.lora_embedding_A", Shape = [tensor.Shape[1], tensor.Shape[0]] },
                    0)
                { IsTransposed = true }
                : new HubTensor(tensor with
                {
                    Name = $"{Wrapped}{module}.{(isEmbedding ? "lora_embedding_B" : part == "lora_a" ? "lora_A.weight" : "lora_B.weight")}"
                }, 0));
            if (part == "lora_b")
            {
                ranks[module] = tensor.Shape[1];
                if (names.Heads is { } heads)
                {
                    interleaved[module] = architecture.Keys.First(key => key.Gguf.Contains(heads)).Hub[0];
                }
            }
        }

        return (parts, Config(metadata, ranks, interleaved));
    }

    /// <summary>Whether a checkpoint is an adapter of PEFT.</summary>
    public static bool IsAdapter(CheckpointLayout layout) => layout.Companions.Any(file => file.Name == ConfigFile);

    /// <summary>The keys of a file, and its tensors with what each is made of.</summary>
    /// <exception cref="CheckpointException">GGUF has no place for the adapter, or nothing tells of which architecture it is.</exception>
    public static (IReadOnlyList<MetadataEntry> Entries, IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> Tensors) ToGguf(
        string folder, CheckpointLayout layout)
    {
        JsonObject config = layout.Companions.First(file => file.Name == ConfigFile).ReadJson();
        JsonObject @base = layout.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()
            ?? throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
                $"{folder}: an adapter in GGUF names its base's architecture, and no config.json of the base is there", Hint));
        string? named = (@base["architectures"] as JsonArray)?.FirstOrDefault().AsText();
        ModelArchitecture architecture = ModelArchitectures.OfClass(named)
            ?? throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
                $"{folder}: architecture '{CheckpointException.Printable(named ?? "")}' of the base cannot be written to GGUF yet",
                "Store the adapter as safetensors."));
        NameMap map = NameMap.Of(folder, architecture, @base);
        List<(TensorInfo, IReadOnlyList<HubTensor>)> tensors = [.. layout.Tensors.Select(tensor => ToGguf(folder, architecture, map,
            tensor))];
        return (
            [
                MetadataEntry.Of(ModelKind.ArchitectureKey, architecture.Name), MetadataEntry.Of(ModelKind.TypeKey, Kind),
                MetadataEntry.Of(TypeKey, "lora"),
                MetadataEntry.Of(AlphaKey, Alpha(folder, config)),
            ], tensors);
    }

    private static (TensorInfo Gguf, IReadOnlyList<HubTensor> Parts) ToGguf(string folder, ModelArchitecture architecture, NameMap map,
        TensorInfo tensor)
    {
        string[] parts = tensor.Name.Split('.');
        int at = Array.FindIndex(parts, part => part is "lora_A" or "lora_B" or "lora_embedding_A" or "lora_embedding_B");
        if (at < 0 || !tensor.Name.StartsWith(Wrapped, StringComparison.Ordinal))
        {
            throw CheckpointException.BadTensor(folder, tensor.Name, "is no factor of a product; an adapter in GGUF holds nothing else",
                "Merge the adapter into its base, and convert that.");
        }

        string hub = $"{string.Join('.', parts[..at])[Wrapped.Length..]}.weight";
        ArchitectureTensor names = architecture.FindHub(hub, out int layer, out int expert) is { IsStacked: false } known && expert < 0
            ? known
            : throw CheckpointException.BadTensor(folder, tensor.Name,
                $"GGUF's architecture '{architecture.Name}' has no '{hub}' as one matrix",
                "Merge the adapter into its base, and convert that.");
        string gguf = names.GgufIn(layer);
        bool isRight = parts[at] is "lora_A" or "lora_embedding_A";
        if (isRight && gguf == Embedding)
        {
            return (tensor with { Name = gguf + ".lora_a", Shape = [tensor.Shape[1], tensor.Shape[0]] },
                [new HubTensor(tensor, 0) { IsTransposed = true }]);
        }

        return (tensor with { Name = gguf + (isRight ? ".lora_a" : ".lora_b") },
            [new HubTensor(tensor, 0, isRight ? null : map.OrderOf(names, tensor.Name, tensor))]);
    }

    // One for all modules: 0 stands for a scale of 1, whatever the rank.
    private static float Alpha(string folder, JsonObject config)
    {
        double rank = config.Find("r").AsNumber() ?? 0;
        double alpha = config.Find("lora_alpha").AsNumber() ?? 0;
        JsonObject ranks = config.Find("rank_pattern") as JsonObject ?? [];
        JsonObject alphas = config.Find("alpha_pattern") as JsonObject ?? [];
        bool isPlain = config.Find("use_rslora").AsTruth() != true && JsonNode.DeepEquals(ranks, alphas) && rank == alpha;
        return isPlain ? ranks.Count == 0 ? (float)rank : 0 : throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
            $"{folder}: {ConfigFile} gives modules a scale, for which GGUF has no place",
            "Convert the adapter by `mergehost convert ADAPTER OUT --to gguf`, which folds scales into the factors."));
    }

    private static CompanionFile Config(Metadata metadata, SortedDictionary<string, long> ranks, JsonObject interleaved)
    {
        double alpha = metadata.Find(AlphaKey)?.Real ?? 0;
        long most = ranks.Count == 0 ? 1 : ranks.Values.Max();
        JsonObject config = new()
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = metadata.Text("general.base_model.0.name"),
            ["r"] = most,
            ["lora_alpha"] = alpha == 0 ? most : alpha,
            ["rank_pattern"] = Pattern(ranks, most),
            ["alpha_pattern"] = alpha == 0 ? Pattern(ranks, most) : [],
            ["target_modules"] = new JsonArray([.. ranks.Keys.Select(module => (JsonNode?)module)]),
            ["interleaved_rows"] = interleaved,
        };
        if (metadata.Find(TokensKey) is not null)
        {
            config["alora_invocation_tokens"] = true;
        }

        return CompanionFile.FromBytes(ConfigFile, PythonJson.Indented(config));
    }

    private static JsonObject Pattern(SortedDictionary<string, long> ranks, long usual) =>
        new(ranks.Where(module => module.Value != usual)
            .Select(module => KeyValuePair.Create(Regex.Escape(module.Key), (JsonNode?)module.Value)));

    private static (string Name, string? Part) Split(string name) =>
        name.EndsWith(".lora_a", StringComparison.Ordinal) || name.EndsWith(".lora_b", StringComparison.Ordinal)
            ? (name[..^".lora_a".Length], name[^"lora_a".Length..])
            : (name, null);
}
