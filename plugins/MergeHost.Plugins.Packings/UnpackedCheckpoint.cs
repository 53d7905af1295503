using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Schemes;

namespace MergeHost.Plugins.Packings;

/// <summary>A quantised checkpoint as a plain one.</summary>
internal sealed class UnpackedCheckpoint : DerivedCheckpoint, IUnpackedCheckpoint
{
    private const int MostRecipeBytes = 1 << 20;

    private readonly Dictionary<string, PackedWeight> _weights = [];
    private readonly Lazy<Dictionary<string, List<TensorInfo>>> _parts;

    public UnpackedCheckpoint(ICheckpointReader inner, PackedModel model, IPackingScheme scheme)
        : base(inner)
    {
        scheme.Unpack(model);
        model.HideActivations();
        model.RefuseLeftovers();
        Dictionary<string, PackedWeight> byCodes = [];
        foreach ((string codes, PackedWeight weight) in model.Weights)
        {
            _weights.Add(weight.Plain.Name, weight);
            byCodes.Add(codes, weight);
        }

        Tensors =
        [
            .. inner.Tensors.Where(tensor => byCodes.ContainsKey(tensor.Name) || !model.IsConsumed(tensor.Name))
                .Select(tensor => byCodes.TryGetValue(tensor.Name, out PackedWeight? weight) ? weight.Plain : tensor),
        ];
        Settings = model.Settings;
        _parts = new(() => WeightParts.Find(model));
        Companions = PackingSettings.Remove(inner.Companions);
        Warnings = [.. inner.Warnings, .. model.Warnings];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override IReadOnlyList<CompanionFile> Companions { get; }

    public override IReadOnlyList<Problem> Warnings { get; }

    public ICheckpointReader Packed => Inner;

    public string? Caution => (Settings?.Method == "awq" ? "AWQ" : Recipe()) is { } method
        ? $"{method} moves scales of channels from weights into norms; an average with a model that was made with other scales is no "
            + "average of what the two do" : null;

    /// <summary>What its files say of the packing.</summary>
    public PackingSettings? Settings { get; }

    public IReadOnlyList<TensorInfo> PartsOf(string tensor) => _parts.Value.GetValueOrDefault(tensor, []);

    /// <summary>The packed weight of a name; <see langword="null"/> if the tensor is plain.</summary>
    public PackedWeight? WeightOf(string tensor) => _weights.GetValueOrDefault(tensor);

    // llm-compressor leaves what it did beside the weights.
    private string? Recipe()
    {
        FileInfo? file = WeightFiles is [string weights, ..]
            ? new FileInfo(Path.Combine(Path.GetDirectoryName(weights)!, "recipe.yaml"))
            : null;
        string text = "";
        try
        {
            text = file is { Exists: true, Length: < MostRecipeBytes } ? File.ReadAllText(file.FullName) : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is no part of the checkpoint, and only a warning hangs on it.
        }

        return text.Contains("SmoothQuantModifier", StringComparison.Ordinal)
            ? "SmoothQuant"
            : text.Contains("AWQModifier", StringComparison.Ordinal) ? "AWQ" : null;
    }

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_weights.TryGetValue(tensor.Name, out PackedWeight? weight))
        {
            weight.Read(Inner, firstElement, MemoryMarshal.Cast<byte, float>(destination));
        }
        else
        {
            Inner.Read(tensor, firstElement, destination);
        }
    }
}
