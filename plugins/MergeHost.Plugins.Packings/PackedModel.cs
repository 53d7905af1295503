using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings;

/// <summary>A quantised checkpoint while its packing is made out.</summary>
internal sealed class PackedModel
{
    // Calibrated ranges of what goes through a layer; they belong to no weight.
    private static readonly string[] _activations =
    [
        ".input_scale", ".input_zero_point", ".input_global_scale", ".activation_scale", ".activation_scale_inv", ".output_scale",
        ".output_zero_point",
        ".k_scale", ".v_scale", ".q_scale", ".kv_scale", ".k_zero_point", ".v_zero_point",
    ];

    // What only packings call their tensors.
    private static readonly string[] _codes = [".weight_packed", ".qweight", ".qzeros", "_blocks", ".W_q", "._weight_qdata",
        ".weight._data", ".compressed", ".bitmask"];

    private const int MostProblems = 10;

    private readonly Dictionary<string, TensorInfo> _tensors;
    private readonly HashSet<string> _consumed = [];
    private readonly BandCache _bands = new();

    public PackedModel(ICheckpointReader checkpoint)
    {
        Checkpoint = checkpoint;
        _tensors = checkpoint.Tensors.ToDictionary(tensor => tensor.Name);
        Config = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        Settings = PackingSettings.Find(Config, checkpoint.Companions);
        File = checkpoint.WeightFiles.Count == 1 ? checkpoint.WeightFiles[0]
            : checkpoint.WeightFiles.Count > 1 ? Path.GetDirectoryName(checkpoint.WeightFiles[0])! : "checkpoint";
    }

    /// <summary>The checkpoint as it is stored.</summary>
    public ICheckpointReader Checkpoint { get; }

    /// <summary><c>config.json</c>, or <see langword="null"/> if there is none.</summary>
    public JsonObject? Config { get; }

    /// <summary>What its files say of the packing.</summary>
    public PackingSettings? Settings { get; }

    /// <summary>Where its tensors lie, for messages.</summary>
    public string File { get; }

    /// <summary>The weights that were made out, with the names of the tensors in whose place they stand.</summary>
    public List<(string Codes, PackedWeight Weight)> Weights { get; } = [];

    /// <summary>What is odd.</summary>
    public List<Problem> Warnings { get; } = [];

    public IEnumerable<TensorInfo> Tensors => _tensors.Values;

    public TensorInfo? Find(string name) => _tensors.GetValueOrDefault(name);

    public bool IsConsumed(string name) => _consumed.Contains(name);

    /// <summary>Whether a tensor is a range of activations, by its name.</summary>
    public static bool IsActivation(string name) => Array.Exists(_activations, ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>Makes out tensors one by one; what is wrong with them is said at once, of the first at least.</summary>
    /// <exception cref="MergeHostException">Some cannot be made out.</exception>
    public void ForEach(Func<TensorInfo, bool> fits, Action<TensorInfo> make)
    {
        List<Problem> problems = [];
        foreach (TensorInfo tensor in Tensors.Where(fits))
        {
            try
            {
                make(tensor);
            }
            catch (CheckpointException exception)
            {
                problems.AddRange(exception.Problems.Except(problems));
            }

            if (problems.Count == MostProblems)
            {
                break;
            }
        }

        if (problems.Count > 0)
        {
            throw new MergeHostException(problems);
        }
    }

    /// <summary>A companion without which a tensor cannot be read.</summary>
    public TensorInfo Need(TensorInfo tensor, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (_tensors.TryGetValue(name, out TensorInfo? found))
            {
                return found;
            }
        }

        throw new CheckpointException(new Problem(ErrorCodes.TensorMissing,
            $"{File}: tensor '{Printable(tensor.Name)}' is packed as {tensor.DType}, and '{Printable(names[0])}' is missing",
            "Download the model again."));
    }

    /// <summary>Hides companions.</summary>
    public void Consume(params ReadOnlySpan<TensorInfo?> companions)
    {
        foreach (TensorInfo? companion in companions)
        {
            if (companion is not null)
            {
                _consumed.Add(companion.Name);
            }
        }
    }

    /// <summary>Adds a weight that stands in the place of its codes, in the order of the codes.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="name">The name of the weight.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="matrix">What it is made from.</param>
    /// <param name="form">How it is packed again; <see langword="null"/> if it cannot be.</param>
    /// <param name="scaleType">The type of its scales.</param>
    public void Add(TensorInfo codes, string name, TensorShape shape, GroupedMatrix matrix, WeightForm? form = null,
        DType? scaleType = null) =>
        Add(codes, new StraightWeight(new TensorInfo(name, TypeOf(codes, shape), shape), matrix) { Form = form, ScaleType = scaleType });

    /// <summary>Adds a weight that stands in the place of its codes, which are its transpose.</summary>
    /// <inheritdoc cref="Add(TensorInfo, string, TensorShape, GroupedMatrix, WeightForm, DType)"/>
    public void AddTransposed(TensorInfo codes, string name, TensorShape shape, GroupedMatrix matrix, long height,
        WeightForm? form = null) =>
        Add(codes, new TransposedWeight(new TensorInfo(name, TypeOf(codes, shape), shape), matrix, height, _bands) { Form = form });

    /// <summary>Numbers of a companion.</summary>
    public StoredNumbers Numbers(TensorInfo tensor, NumberKind kind = NumberKind.AsStored) => new(File, tensor, kind);

    /// <summary>Numbers of a companion as a grid; U8 are exponents.</summary>
    public StoredGrid Grid(TensorInfo tensor, GroupShape groups, NumberKind? kind = null) =>
        new(Numbers(tensor, kind ?? (tensor.DType == DType.U8 ? NumberKind.Exponents : NumberKind.AsStored)), groups.GridColumns);

    /// <summary>The error of a tensor that does not fit the others.</summary>
    public CheckpointException Fail(TensorInfo tensor, string reason) => CheckpointException.BadTensor(File, tensor.Name, reason);

    /// <summary>Hides the ranges of activations, which say nothing of weights.</summary>
    public void HideActivations()
    {
        List<string> found = [.. _tensors.Keys.Where(name => !_consumed.Contains(name) && IsActivation(name))];
        if (found.Count > 0)
        {
            _consumed.UnionWith(found);
            Warnings.Add(new Problem(ErrorCodes.CheckpointOddity, string.Create(CultureInfo.InvariantCulture,
                $"{File}: '{Printable(found[0])}'{(found.Count > 1 ? $" and {found.Count - 1:N0} more" : "")}: calibrated ranges of "
                    + $"activations belong to packed weights; plain ones are written without them"),
                null, null, Severity.Warning));
        }
    }

    /// <summary>Refuses packed weights that nothing makes out.</summary>
    public void RefuseLeftovers()
    {
        TensorInfo? left = Tensors.FirstOrDefault(tensor => !_consumed.Contains(tensor.Name) && tensor.Shape.Rank >= 2
            && ((tensor.DType.Kind == DTypeKind.Float && tensor.DType.BlockBytes <= tensor.DType.BlockElements)
                || Array.Exists(_codes, ending => tensor.Name.EndsWith(ending, StringComparison.Ordinal))
                || (tensor.DType.Kind == DTypeKind.Integer && tensor.Name.EndsWith(".weight", StringComparison.Ordinal))));
        if (left is not null)
        {
            throw new CheckpointException(new Problem(ErrorCodes.TensorMissing,
                $"{File}: tensor '{Printable(left.Name)}' is packed as {left.DType}, and nothing says what scales "
                    + $"it{(Settings is { } settings ? $" ({settings.Place})" : "")}", "Download the model again."));
        }
    }

    // What is rounded off of weights that are spread normally: measured, and halved by each bit more.
    private static DType TypeOf(TensorInfo codes, TensorShape shape)
    {
        double bits = shape.ElementCount == 0 ? 8 : 8.0 * codes.LengthBytes / shape.ElementCount;
        return DType.F32 with { RoundingNoise = codes.DType.Kind == DTypeKind.Float ? 0.026 : Math.Min(1, 0.1 * Math.Pow(2, 4 - bits)) };
    }

    private void Add(TensorInfo codes, PackedWeight weight)
    {
        string name = weight.Plain.Name;
        if (codes.Name != name && _tensors.TryGetValue(name, out TensorInfo? twin))
        {
            throw Fail(twin, $"the file has it, and '{Printable(codes.Name)}' too; which of them counts is not known");
        }

        Consume(codes);
        Weights.Add((codes.Name, weight));
    }

    private static string Printable(string text) => CheckpointException.Printable(text);
}
