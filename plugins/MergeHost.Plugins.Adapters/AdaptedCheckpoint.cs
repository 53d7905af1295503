using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters;

/// <summary>A base with an adapter; tensors that the adapter changes are float32, all others are the base's.</summary>
internal sealed class AdaptedCheckpoint : DerivedCheckpoint
{
    private const string Tie = "tie_word_embeddings";

    private readonly IReadOnlyDictionary<string, AdaptedTensor> _changed;
    private readonly double _scale;

    public AdaptedCheckpoint(ICheckpointReader inner, AdapterFile adapter, BaseModel model, double scale)
        : base(inner)
    {
        _scale = scale;
        _changed = model.Changed;
        Tensors =
        [
            .. inner.Tensors.Select(tensor => _changed.TryGetValue(tensor.Name, out AdaptedTensor? changed) ? changed.Info : tensor),
            .. model.Added.Select(tensor => tensor.Info),
        ];
        Companions = model.Unties ? [.. inner.Companions.Select(Untied)] : inner.Companions;
        Warnings = [.. inner.Warnings, .. adapter.Warnings];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override IReadOnlyList<CompanionFile> Companions { get; }

    public override IReadOnlyList<Problem> Warnings { get; }

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_changed.TryGetValue(tensor.Name, out AdaptedTensor? changed))
        {
            changed.Read(firstElement, destination, (float)_scale);
        }
        else
        {
            Inner.Read(tensor, firstElement, destination);
        }
    }

    private static CompanionFile Untied(CompanionFile file)
    {
        if (file.Name != "config.json")
        {
            return file;
        }

        JsonObject config = file.ReadJson();
        config[Tie] = false;
        if (config["text_config"] is JsonObject text && text.ContainsKey(Tie))
        {
            text[Tie] = false;
        }

        return CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
    }
}
