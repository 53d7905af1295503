using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Placing;

/// <summary>The base that an adapter is added to: its tensors that are changed, and those that it gets.</summary>
internal sealed class BaseModel
{
    private static readonly string[] _columnWise = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"];

    private readonly ICheckpointReader _reader;
    private readonly ICheckpointReader? _original;
    private readonly Dictionary<string, TensorInfo> _originals;
    private readonly AdapterFile _adapter;
    private readonly Dictionary<string, AdaptedTensor> _changed = [];

    /// <param name="reader">The base.</param>
    /// <param name="original">The base before other adapters were added to it, if there were any.</param>
    /// <param name="adapter">The adapter.</param>
    public BaseModel(ICheckpointReader reader, ICheckpointReader? original, AdapterFile adapter)
    {
        _reader = reader;
        _original = original;
        _originals = original?.Tensors.ToDictionary(tensor => tensor.Name) ?? [];
        _adapter = adapter;
        Names = new BaseNames(reader.Tensors);
        Config = reader.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        Ends = new TiedEnds(reader, Config);
        BaseMatch.Check(this, reader, adapter);
    }

    public BaseNames Names { get; }

    public JsonObject? Config { get; }

    /// <summary>The embedding and the head.</summary>
    public TiedEnds Ends { get; }

    /// <summary>The tensors that are changed, by name; those that are added too.</summary>
    public IReadOnlyDictionary<string, AdaptedTensor> Changed => _changed;

    /// <summary>The tensors that the base lacks.</summary>
    public IEnumerable<AdaptedTensor> Added => Ends.IsTied && _changed.TryGetValue(Ends.HeadName, out AdaptedTensor? head) ? [head] : [];

    /// <summary>Whether embedding and head are one in the base, and two in the result.</summary>
    public bool Unties => Added.Any();

    /// <summary>Finds a tensor, ready for changes; <see langword="null"/> if the base has none.</summary>
    /// <exception cref="CheckpointException">Several tensors fit, or the tensor cannot be changed.</exception>
    public AdaptedTensor? Find(string module, string parameter)
    {
        string name = module.Length == 0 ? parameter : $"{module}.{parameter}";
        TensorInfo? stored = Names.Find(name, out IReadOnlyList<TensorInfo> ambiguous);
        if (ambiguous.Count > 0)
        {
            throw new CheckpointException(new Problem(ErrorCodes.TensorUnaccounted,
                $"{_adapter.Name}: '{CheckpointException.Printable(name)}' may "
                    + $"be {string.Join(" or ", ambiguous.Select(tensor => $"'{tensor.Name}'"))} of the base",
                "Give the adapter's tensors the base's full names."));
        }

        bool isHead = stored is null && Ends.IsTied && TiedEnds.IsHead(name);
        if (isHead)
        {
            stored = Ends.Embedding;
        }

        if (stored is null)
        {
            return null;
        }

        string made = isHead ? Ends.HeadName : stored.Name;
        if (!_changed.TryGetValue(made, out AdaptedTensor? changed))
        {
            if (!DTypeConversion.CanDecode(stored.DType))
            {
                throw new CheckpointException(new Problem(ErrorCodes.DTypeUnusable,
                    $"'{stored.Name}' of the base is {stored.DType}, which the adapter '{_adapter.Name}' cannot be added to",
                    "Name the base that is not quantised."));
            }

            changed = new AdaptedTensor(new TensorSource(_reader, stored), OriginalOf(stored), IsTransposed(stored));
            _changed.Add(made, changed = isHead ? changed.Named(made) : changed);
        }

        return changed;
    }

    /// <summary>Finds a tensor, ready for changes.</summary>
    /// <exception cref="CheckpointException">There is none; the message names the adapter's tensor.</exception>
    public AdaptedTensor Place(string module, string parameter, TensorInfo cause) => Find(module, parameter)
        ?? throw new CheckpointException(new Problem(ErrorCodes.TensorUnaccounted,
            $"{_adapter.Name}: tensor '{CheckpointException.Printable(cause.Name)}' belongs to "
                + $"'{CheckpointException.Printable($"{module}.{parameter}".TrimStart('.'))}', which the base has not",
            "Name the base that the adapter was trained on."));

    /// <summary>Settles what becomes of tied embeddings.</summary>
    public void Settle()
    {
        if (!Ends.IsTied)
        {
            return;
        }

        _changed.TryGetValue(Ends.Embedding!.Name, out AdaptedTensor? embedding);
        _changed.TryGetValue(Ends.HeadName, out AdaptedTensor? head);
        if (embedding is not null && head is not null && TiedEnds.AreSame(_adapter, Ends))
        {
            _changed.Remove(Ends.HeadName);
        }
        else if (embedding is not null && head is null && !embedding.ReplacesRowsOnly)
        {
            if (embedding.HasChanges)
            {
                Warn("the embedding, and the base's head is the same tensor");
            }

            _changed.Add(Ends.HeadName,
                new AdaptedTensor(new TensorSource(_reader, Ends.Embedding), OriginalOf(Ends.Embedding), isTransposed: false)
                    .Named(Ends.HeadName));
        }
        else if (head is { HasChanges: true })
        {
            Warn(embedding is null
                ? "the head, and the base's embedding is the same tensor"
                : "embedding and head, each in another way, and they are one tensor in the base");
        }
    }

    // A head that an adapter before gave a tensor of its own was the embedding.
    private TensorSource? OriginalOf(TensorInfo tensor) => _original is null ? null
        : _originals.TryGetValue(tensor.Name, out TensorInfo? original) || _originals.TryGetValue(Ends.Embedding?.Name ?? "", out original)
            ? new TensorSource(_original, original)
        : null;

    private void Warn(string what) =>
        _adapter.Warn(
            $"the adapter changes {what}; the result has '{Ends.HeadName}' of its own, as the model had while it was trained, where PEFT "
                + "merges into one");

    /// <summary>Whether a tensor is a projection of GPT-2 or its kin, which are stored as [in, out].</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="config">The base's configuration.</param>
    public static bool IsColumnWise(TensorInfo tensor, JsonObject? config) =>
        IsProjection(tensor) && config.Find("model_type").AsText() is { } type && _columnWise.Contains(type);

    private bool IsTransposed(TensorInfo tensor) =>
        Config.Find("model_type").AsText() is null
            ? IsProjection(tensor) && _adapter.Config.Is("fan_in_fan_out")
            : IsColumnWise(tensor, Config);

    private static bool IsProjection(TensorInfo tensor) =>
        tensor.Shape.Rank == 2 && tensor.Name.Split('.') is [.., "c_attn" or "c_proj" or "c_fc" or "q_attn", "weight"];
}
