using System.Globalization;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Moe.Naming;

/// <summary>The experts of a checkpoint, by the names that it has for them.</summary>
internal sealed class ExpertLayout
{
    private const string GateUp = ".mlp.experts.gate_up_proj";
    private const string Down = ".mlp.experts.down_proj";
    private const string OldBlock = "block_sparse_moe";

    // Of these, one set of names is all there is, and what looks like fused experts has another order.
    private static readonly string[] _others = ["gpt_oss", "llama4", "llama4_text", "granitemoe", "granitemoeshared", "granitemoehybrid"];

    // Those whose first programs had names of their own.
    private static readonly string[] _mixtralLike = ["mixtral", "minimax", "phimoe"];

    private readonly IReadOnlyList<TensorInfo> _tensors;
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly string _type;

    public ExpertLayout(ICheckpointReader checkpoint)
    {
        _tensors = checkpoint.Tensors;
        _byName = _tensors.ToDictionary(tensor => tensor.Name);
        _type = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson()["model_type"].AsText() ?? "";
    }

    private bool IsMixtralLike => _mixtralLike.Contains(_type);

    private string Block => IsMixtralLike ? OldBlock : "mlp";

    private IReadOnlyList<string> Parts => IsMixtralLike ? PartNames.Mixtral : PartNames.Usual;

    private string Router => _type == "phimoe" ? "router" : "gate";

    /// <summary>The beginnings of the names of layers whose experts are fused: <c>[experts, 2 · inner, hidden]</c>
    /// and <c>[experts, hidden, inner]</c>.</summary>
    public IEnumerable<string> FusedLayers() => _others.Contains(_type) ? [] :
        from tensor in _tensors
        where tensor.Name.EndsWith(GateUp, StringComparison.Ordinal)
        let layer = tensor.Name[..^GateUp.Length]
        where _byName.TryGetValue(layer + Down, out TensorInfo? down) && AreFused(tensor, down)
        select layer;

    /// <summary>The tensors with experts one by one.</summary>
    public IReadOnlyList<RenamedTensor> Separate()
    {
        HashSet<string> fused = [.. FusedLayers()];
        return [.. _tensors.SelectMany(Separated)];

        IEnumerable<RenamedTensor> Separated(TensorInfo tensor)
        {
            string name = tensor.Name;
            string? layer = fused.FirstOrDefault(layer => name.StartsWith(layer + ".mlp.", StringComparison.Ordinal));
            return layer is null ? [RenamedTensor.Of(tensor)]
                : name == layer + GateUp ? GatesAndUps(layer, tensor)
                : name == layer + Down ? Downs(layer, tensor)
                : IsMixtralLike && name == $"{layer}.mlp.{Router}.weight" ? [RenamedTensor.Of(tensor, $"{layer}.{OldBlock}.gate.weight")]
                : [RenamedTensor.Of(tensor)];
        }
    }

    /// <summary>The tensors with the experts of a layer in one.</summary>
    /// <exception cref="CheckpointException">A layer lacks a weight of an expert, or its experts are not alike.</exception>
    public IReadOnlyList<RenamedTensor> Fuse()
    {
        Dictionary<string, SortedDictionary<int, TensorInfo[]>> layers = Experts();
        HashSet<string> members = [.. layers.Values.SelectMany(experts => experts.Values).SelectMany(parts => parts)
            .Select(tensor => tensor.Name)];
        List<RenamedTensor> result = [];
        foreach (TensorInfo tensor in _tensors)
        {
            string? layer = LayerOf(tensor.Name);
            if (!members.Contains(tensor.Name))
            {
                bool isRouter = IsMixtralLike && layer is null
                    && tensor.Name.EndsWith($".{OldBlock}.gate.weight", StringComparison.Ordinal);
                result.Add(RenamedTensor.Of(tensor,
                    isRouter ? tensor.Name.Replace($".{OldBlock}.gate.", $".mlp.{Router}.", StringComparison.Ordinal) : null));
            }
            else if (layers.Remove(layer!, out SortedDictionary<int, TensorInfo[]>? experts))
            {
                result.Add(Stack(layer! + GateUp, [.. experts.Values.Select(parts => parts[..2])]));
                result.Add(Stack(layer! + Down, [.. experts.Values.Select(parts => parts[2..])]));
            }
        }

        return result;
    }

    // What is packed has scales beside it, and is unpacked first.
    private static bool AreFused(TensorInfo gateUp, TensorInfo down) =>
        IsPlain(gateUp.DType) && IsPlain(down.DType) && gateUp.Shape.Rank == 3 && down.Shape.Rank == 3
            && gateUp.Shape[0] == down.Shape[0] && gateUp.Shape[1] == 2 * down.Shape[2] && gateUp.Shape[2] == down.Shape[1];

    private static bool IsPlain(DType type) => type == DType.F32 || type == DType.BF16 || type == DType.F16 || type == DType.F64;

    private IEnumerable<RenamedTensor> GatesAndUps(string layer, TensorInfo tensor)
    {
        TensorShape shape = [tensor.Shape[1] / 2, tensor.Shape[2]];
        for (int expert = 0; expert < tensor.Shape[0]; expert++)
        {
            yield return Slice(tensor, NameOf(layer, expert, Part.Gate), shape, 2L * expert);
            yield return Slice(tensor, NameOf(layer, expert, Part.Up), shape, (2L * expert) + 1);
        }
    }

    private IEnumerable<RenamedTensor> Downs(string layer, TensorInfo tensor) =>
        Enumerable.Range(0, (int)tensor.Shape[0])
            .Select(expert => Slice(tensor, NameOf(layer, expert, Part.Down), [tensor.Shape[1], tensor.Shape[2]], expert));

    private static RenamedTensor Slice(TensorInfo tensor, string name, TensorShape shape, long index) =>
        new(new TensorInfo(name, tensor.DType, shape), [new TensorSlice(tensor, index * shape.ElementCount, shape.ElementCount)]);

    private string NameOf(string layer, int expert, Part part) => $"{layer}.{Block}.experts.{expert}.{Parts[(int)part]}.weight";

    // The weights of each expert by layer, in the order of the experts' numbers.
    private Dictionary<string, SortedDictionary<int, TensorInfo[]>> Experts()
    {
        Dictionary<string, SortedDictionary<int, TensorInfo?[]>> layers = [];
        foreach (TensorInfo tensor in _tensors)
        {
            if (Parse(tensor.Name) is not (string layer, int expert, Part part))
            {
                continue;
            }

            layers.TryAdd(layer, []);
            layers[layer].TryAdd(expert, new TensorInfo?[3]);
            layers[layer][expert][(int)part] = tensor;
        }

        return layers.ToDictionary(layer => layer.Key, layer => Checked(layer.Key, layer.Value));
    }

    private static SortedDictionary<int, TensorInfo[]> Checked(string layer, SortedDictionary<int, TensorInfo?[]> experts)
    {
        SortedDictionary<int, TensorInfo[]> whole = [];
        foreach ((int index, (int expert, TensorInfo?[] parts)) in experts.Index())
        {
            if (index != expert || parts is not [{ } gate, { } up, { } down])
            {
                throw Refused(ErrorCodes.TensorMissing,
                    $"layer '{layer}' lacks {(index != expert ? $"expert {index}" : $"a weight of expert {expert}")}, so its experts "
                        + "cannot be put into one tensor");
            }

            whole.Add(expert, [gate, up, down]);
            TensorInfo[] first = whole[0];
            if (gate.Shape != up.Shape || gate.DType != up.DType
                || !whole[expert].Zip(first).All(pair => pair.First.Shape == pair.Second.Shape && pair.First.DType == pair.Second.DType))
            {
                throw Refused(ErrorCodes.ShapeMismatch,
                    $"the weights of expert {expert} of layer '{layer}' have other shapes or types than those of expert 0, so they cannot "
                        + "be put into one tensor");
            }
        }

        return whole;
    }

    private static RenamedTensor Stack(string name, IReadOnlyList<TensorInfo[]> experts)
    {
        TensorInfo one = experts[0][0];
        return new RenamedTensor(
            new TensorInfo(name, one.DType, [experts.Count, experts[0].Length * one.Shape[0], one.Shape[1]]),
            [.. experts.SelectMany(parts => parts).Select(tensor => new TensorSlice(tensor, 0, tensor.ElementCount))]);
    }

    private string? LayerOf(string name) => Parse(name)?.Layer;

    // "LAYER.mlp.experts.3.up_proj.weight", with Mixtral's words for Mixtral.
    private (string Layer, int Expert, Part Part)? Parse(string name)
    {
        string block = $".{Block}.experts.";
        int at = name.IndexOf(block, StringComparison.Ordinal);
        return at > 0 && !_others.Contains(_type) && name[(at + block.Length)..].Split('.') is [string number, string word, "weight"]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int expert)
            && PartNames.Find(Parts, word) is { } part
            ? (name[..at], expert, part) : null;
    }

    private static CheckpointException Refused(ErrorCode code, string message) =>
        new(new Problem(code, message, "Leave `experts: {names: fused}` out."));
}
