using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Plugins.Gguf.Names.Tokens;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What a file says beside its tensors, and how its tensors are called.</summary>
/// <param name="Entries">The keys, in the order in which they are stored.</param>
/// <param name="Made">Tensors that go along as they are.</param>
/// <param name="Names">The names.</param>
internal sealed record MetadataPlan(IReadOnlyList<MetadataEntry> Entries, IReadOnlyList<MadeTensor> Made, NameMap Names)
{
    private const string FileTypeKey = "general.file_type";
    private const string QuantizationKey = "general.quantization_version";
    private const uint QuantizationVersion = 2;

    /// <summary>Plans a checkpoint.</summary>
    /// <remarks>Metadata that come from a GGUF file stay, in their order; what configuration and tensors say goes before them.</remarks>
    /// <exception cref="CheckpointException">Nothing tells what the model is, or GGUF has no place for it.</exception>
    public static MetadataPlan Of(string folder, CheckpointLayout layout)
    {
        JsonObject? config = layout.Companions.FirstOrDefault(companion => companion.Name == "config.json")?.ReadJson();
        (Metadata Metadata, IReadOnlyList<MadeTensor> Made)? model = MetadataCompanion.Find(layout.Companions, MetadataCompanion.Model);
        ModelArchitecture? architecture = ArchitectureOf(config, model?.Metadata);
        if (architecture is null && model is null)
        {
            throw UnknownArchitecture(folder, config);
        }

        List<MetadataEntry> entries = [.. model?.Metadata.Entries ?? General(architecture!)];
        IReadOnlyList<MadeTensor> made = model?.Made ?? [];
        if (architecture is not null && config is not null)
        {
            Set(entries, ConfigMap.ToMetadata(folder, RopeSettings.Spread(config), architecture, model?.Metadata));
            if (model is null)
            {
                (IReadOnlyList<MetadataEntry> scaling, made) = RopeScaling.ToGguf(folder, config, architecture);
                Set(entries, scaling);
            }
        }

        Set(entries, TypesOf(layout.Tensors, isNew: model is null));
        int rows = RowsOf(config, layout);
        Metadata? tokenizer = MetadataCompanion.Find(layout.Companions, MetadataCompanion.Tokenizer)?.Metadata;
        if (tokenizer?.Find(TokenizerMap.Prefix + "tokens") is { } tokens && architecture is not null && rows > 0 && tokens.Count != rows)
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.VocabularyMismatch,
                string.Create(CultureInfo.InvariantCulture,
                    $"{folder}: the tokenizer has {tokens.Count:N0} tokens, the embedding {rows:N0} rows; no program would load the file"),
                "Say by `tokenizer_source:` whose vocabulary the result gets."));
        }

        entries.AddRange(tokenizer?.Entries ?? (architecture is null ? [] : TokenizerMap.ToMetadata(folder, layout.Companions, rows)));
        NameMap names = architecture is not null && config is not null
            ? NameMap.Of(folder, architecture, config)
            : new NameMap(folder, null, _ => null);
        return new MetadataPlan(entries, made, names);
    }

    // A file of an architecture that is not known here keeps GGUF's names, whatever its configuration says.
    private static ModelArchitecture? ArchitectureOf(JsonObject? config, Metadata? model) => model is not null
        ? ModelKind.FamilyOf(model)
        : ModelArchitectures.OfClass((config?["architectures"] as JsonArray)?.FirstOrDefault()?.ToString());

    private static CheckpointException UnknownArchitecture(string folder, JsonObject? config)
    {
        string? name = (config?["architectures"] as JsonArray)?.FirstOrDefault()?.ToString();
        return new CheckpointException(new Problem(
            ErrorCodes.BadConfig,
            name is null
                ? $"{folder}: nothing tells which architecture the model is of: there is no config.json that names one"
                : $"{folder}: config.json: architecture '{CheckpointException.Printable(name)}' cannot be written to GGUF yet",
            config?["text_config"] is JsonObject
                ? "Save its text model by itself, with that model's own config.json, or store the whole as safetensors."
                : "Store the model as safetensors."));
    }

    private static IEnumerable<MetadataEntry> General(ModelArchitecture architecture) =>
        [MetadataEntry.Of(ModelKind.ArchitectureKey, architecture.Name), MetadataEntry.Of(ModelKind.TypeKey, "model")];

    private static IEnumerable<MetadataEntry> TypesOf(IReadOnlyList<TensorInfo> tensors, bool isNew)
    {
        if (TypeChoice.FileTypeOf(tensors) is { } fileType)
        {
            yield return MetadataEntry.Of(FileTypeKey, fileType);
        }

        if (isNew || tensors.Any(tensor => tensor.DType.Kind == DTypeKind.Quantized))
        {
            yield return MetadataEntry.Of(QuantizationKey, QuantizationVersion);
        }
    }

    private static int RowsOf(JsonObject? config, CheckpointLayout layout) =>
        layout.Tensors.FirstOrDefault(tensor => tensor.Name.EndsWith("embed_tokens.weight",
            StringComparison.Ordinal)) is { Shape: { Rank: > 0 } shape }
            ? (int)shape[0]
            : config is null ? 0 : (int)(ConfigMap.Whole(config, "vocab_size") ?? 0);

    // A key stays where it is; a new one comes last.
    private static void Set(List<MetadataEntry> entries, IEnumerable<MetadataEntry> changed)
    {
        foreach (MetadataEntry entry in changed)
        {
            int index = entries.FindIndex(other => other.Key == entry.Key);
            if (index < 0)
            {
                entries.Add(entry);
            }
            else
            {
                entries[index] = entry;
            }
        }
    }
}
