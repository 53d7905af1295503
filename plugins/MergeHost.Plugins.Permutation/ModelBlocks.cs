using System.Text.Json.Nodes;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Permutation;

/// <summary>Finds the units of a model whose order is free. A block that holds anything unknown has none: its order may count.</summary>
internal sealed class ModelBlocks
{
    // Of a block whose units are compared with each other, all at once.
    private const long MostUnits = 1 << 15;

    private static readonly string[] _norms = ["q_norm.weight", "k_norm.weight"];

    private readonly IReadOnlyList<TensorInfo> _tensors;
    private readonly Func<string, TensorRole> _roleOf;
    private readonly JsonNode? _config;
    private readonly HashSet<string> _prefixes;

    /// <param name="model">The model.</param>
    /// <param name="roleOf">Tells a tensor's role from its name.</param>
    public ModelBlocks(StageModel model, Func<string, TensorRole> roleOf)
    {
        _tensors = model.Checkpoint.Tensors;
        _roleOf = roleOf;
        JsonObject? config = model.Checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        _config = config?["text_config"] as JsonObject ?? config;
        _prefixes = [.. _tensors.Where(tensor => _roleOf(tensor.Name) is >= TensorRole.Query and <= TensorRole.Down)
            .Select(tensor => PrefixOf(tensor.Name))];
        foreach (IGrouping<string, TensorInfo> block in _tensors.GroupBy(BlockOf).Where(block => block.Key.Length > 0))
        {
            PermutableBlock? found = HiddenUnitsOf([.. block]);
            found ??= HeadsOf(block.Key, [.. block]);
            if (found is not null)
            {
                Blocks.Add(found);
            }
            else
            {
                Others.Add(block.Key.TrimEnd('.'));
            }
        }
    }

    /// <summary>Feed-forward blocks and attentions whose units can be reordered.</summary>
    public List<PermutableBlock> Blocks { get; } = [];

    /// <summary>The names of those that stay as they are.</summary>
    public List<string> Others { get; } = [];

    /// <summary>The channels of the residual stream.</summary>
    /// <param name="isLike">Whether the reference has the same tensor in the same shape.</param>
    /// <exception cref="MergeHostException">It is not known how a tensor meets the stream, or the reference has another.</exception>
    public ResidualStream ResidualStream(Func<TensorInfo, bool> isLike)
    {
        TensorInfo table = _tensors.FirstOrDefault(tensor => _roleOf(tensor.Name) == TensorRole.Embedding && tensor.Shape.Rank == 2)
            ?? throw Refused("no tensor is known to be the embedding, which the residual stream begins with");
        (TensorInfo Tensor, int? Axis)[] found = [.. _tensors.Select(tensor => (tensor, AxisOf(tensor, table.Shape[1])))];
        TensorInfo[] unknown = [.. found.Where(one => one.Axis is null).Select(one => one.Tensor)];
        if (unknown.Length > 0)
        {
            throw Refused(
                $"it is not known how '{unknown[0].Name}' {unknown[0].Shape} meets the residual stream of {table.Shape[1]} channels"
                    + (unknown.Length == 1 ? "" : $", and so for {unknown.Length - 1} more"));
        }

        (TensorInfo Tensor, int Axis)[] axes = [.. found.Where(one => one.Axis >= 0).Select(one => (one.Tensor, one.Axis!.Value))];
        if (axes.FirstOrDefault(one => !IsByToken(one.Tensor) && !isLike(one.Tensor)).Tensor is { } other)
        {
            throw Refused($"the models have no '{other.Name}' {other.Shape} in common");
        }

        return new ResidualStream(axes, [.. axes.Where(one => isLike(one.Tensor))],
            [.. axes.Where(one => IsByToken(one.Tensor) && isLike(one.Tensor))], (int)table.Shape[1]);
    }

    private static MergeHostException Refused(string message) =>
        new([new Problem(ErrorCodes.NotSupported, message, "Set `residual: false` to match hidden units and heads alone.")]);

    private bool IsByToken(TensorInfo tensor) => _roleOf(tensor.Name) is TensorRole.Embedding or TensorRole.Head;

    // The extent that holds the channels of the stream; -1 for none, null where it is not known.
    private int? AxisOf(TensorInfo tensor, long width)
    {
        string block = BlockOf(tensor);
        TensorRole role = _roleOf(tensor.Name);
        if (tensor.Name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            || (block.Length > 0 && IsOfHeads(tensor.Name[block.Length..])))
        {
            return -1;
        }

        int? axis = (role, tensor.Shape.Rank) switch
        {
            (TensorRole.Embedding or TensorRole.Head or TensorRole.Router, 2) => 1,
            (TensorRole.Query or TensorRole.Key or TensorRole.Value or TensorRole.Gate or TensorRole.Up, 2) => 1,
            (TensorRole.AttentionOutput or TensorRole.Down, 1 or 2) => 0,
            (TensorRole.Norm, 1) when block.Length == 0 => 0,
            (TensorRole.Query or TensorRole.Key or TensorRole.Value or TensorRole.Gate or TensorRole.Up or TensorRole.Router
                or TensorRole.Head, 1) => -1,
            _ => null,
        };
        return axis >= 0 && (tensor.Shape[axis.Value] != width || !DTypeConversion.CanDecode(tensor.DType)) ? null : axis;
    }

    private static bool IsOfHeads(string rest) => rest == "sinks" || _norms.Contains(rest);

    // What stands before `q_proj.weight` or `down_proj.bias`.
    private static string PrefixOf(string tensor)
    {
        int end = tensor.LastIndexOf('.');
        return end < 0 ? "" : tensor[..(tensor.LastIndexOf('.', end - 1) + 1)];
    }

    // The attention or feed-forward block that a tensor is in; empty for none.
    private string BlockOf(TensorInfo tensor)
    {
        for (int end = tensor.Name.LastIndexOf('.'); end > 0; end = tensor.Name.LastIndexOf('.', end - 1))
        {
            if (_prefixes.Contains(tensor.Name[..(end + 1)]))
            {
                return tensor.Name[..(end + 1)];
            }
        }

        return "";
    }

    private HiddenUnits? HiddenUnitsOf(TensorInfo[] block)
    {
        TensorInfo[] rows = [.. block.Where(tensor => _roleOf(tensor.Name) is TensorRole.Gate or TensorRole.Up)];
        TensorInfo[] down = [.. block.Where(tensor => _roleOf(tensor.Name) == TensorRole.Down)];
        return rows.Length > 0 && down.Count(IsWeight) == 1 && block.Length == rows.Length + down.Length && block.All(IsPlain)
            && down.First(IsWeight).Shape[1] is <= MostUnits and long units && rows.All(tensor => tensor.Shape[0] == units)
            ? new HiddenUnits(rows, down.First(IsWeight)) : null;
    }

    private AttentionHeads? HeadsOf(string prefix, TensorInfo[] block)
    {
        TensorInfo[] Of(TensorRole role, string? other = null) =>
            [.. block.Where(tensor => _roleOf(tensor.Name) == role).OrderBy(tensor => !IsWeight(tensor)),
                .. block.Where(tensor => tensor.Name[prefix.Length..] == other)];
        TensorInfo[] queries = Of(TensorRole.Query);
        TensorInfo[] keys = Of(TensorRole.Key);
        TensorInfo[] values = Of(TensorRole.Value);
        TensorInfo[] output = Of(TensorRole.AttentionOutput);
        TensorInfo[] others = [.. block.Where(tensor => IsOfHeads(tensor.Name[prefix.Length..]))];
        if (block.Length != queries.Length + keys.Length + values.Length + output.Length + others.Length || !block.All(IsPlain)
            || new[] { queries, keys, values, output }.Any(own => own.Count(IsWeight) != 1)
            || Number("num_attention_heads") is not (> 0 and int heads))
        {
            return null;
        }

        // Another number of channels than the configuration says is another kind of attention.
        long channels = queries[0].Shape[0] / heads;
        long groups = channels == 0 ? 0 : keys[0].Shape[0] / channels;
        int?[] known = [Number("head_dim") ?? (Number("hidden_size") / heads), Number("global_head_dim")];
        if (!known.Contains((int)channels) || queries[0].Shape[0] != heads * channels || groups == 0
            || keys[0].Shape[0] != groups * channels || heads % groups != 0
            || values[0].Shape[0] % groups != 0 || output[0].Shape[1] != heads * (values[0].Shape[0] / groups)
            || output[0].Shape[1] > MostUnits)
        {
            return null;
        }

        // A norm of one head's channels is that of all heads; one of all channels has a part for each.
        TensorInfo[] Whole(string name, long length) =>
            [.. others.Where(tensor => tensor.Name[prefix.Length..] == name && tensor.Shape[0] == length && length != channels)];
        return new AttentionHeads(heads, (int)groups)
        {
            Queries = [.. queries, .. Whole(_norms[0], heads * channels), .. Whole("sinks", heads)],
            Keys = [.. keys, .. Whole(_norms[1], groups * channels)],
            Values = values,
            Output = output[0],
        };
    }

    private int? Number(string field) => _config.Find(field).AsInt();

    private static bool IsWeight(TensorInfo tensor) => tensor.Shape.Rank == 2;

    private static bool IsPlain(TensorInfo tensor) =>
        tensor.Shape.Rank is 1 or 2 && tensor.Shape.ElementCount > 0 && DTypeConversion.CanDecode(tensor.DType);
}
