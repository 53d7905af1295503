using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using static MergeHost.Plugins.PyTorch.Pickles.PickleText;

namespace MergeHost.Plugins.Dcp;

/// <summary>The names that <c>.metadata</c> needs beside those of weights.</summary>
internal sealed class MetadataDialect : TorchDialect
{
    private const string Classes = "torch.distributed.checkpoint.metadata";

    // As of PyTorch 2.0 to 2.2.
    private const string OlderClasses = "torch.distributed._shard.sharded_tensor.metadata";

    private static readonly HashSet<(string Module, string Name)> _records =
    [
        (Classes, "Metadata"),
        (Classes, "TensorStorageMetadata"),
        (Classes, "BytesStorageMetadata"),
        (Classes, "ChunkStorageMetadata"),
        (Classes, "TensorProperties"),
        (Classes, "MetadataIndex"),
        (Classes, "StorageMeta"),
        (OlderClasses, "TensorProperties"),
        ("torch.distributed.checkpoint.filesystem", "_StorageInfo"),
    ];

    private static readonly HashSet<(string Module, string Name)> _plain =
    [
        (Classes, "_MEM_FORMAT_ENCODING"),
        (Classes, "MEM_FORMAT_ENCODING"),
        (OlderClasses, "MEM_FORMAT_ENCODING"),
        ("torch.serialization", "_get_layout"),
    ];

    /// <inheritdoc/>
    public override PickleGlobal Global(string module, string name) =>
        _records.Contains((module, name)) || _plain.Contains((module, name)) ? new PickleGlobal(module, name)
        : module.StartsWith("megatron.", StringComparison.Ordinal)
            ? throw PickleFault.Unsupported(
                $"Megatron's own checkpoint cannot be read ({Quote(new PickleGlobal(module, name))})", StateDict.ExportMegatron)
        : base.Global(module, name);

    /// <inheritdoc/>
    public override object Persistent(object? id) => throw PickleFault.Refused("a persistent id, which .metadata never has");

    /// <inheritdoc/>
    public override object? Create(PickleGlobal type, PickleTuple arguments) =>
        !_records.Contains((type.Module, type.Name)) ? base.Create(type, arguments)
        : arguments.Items.Length == 0 ? new MetadataRecord(type.Name)
        : throw PickleFault.Refused($"a new {Quote(type)} with arguments");

    /// <inheritdoc/>
    public override void Build(object? target, object? state)
    {
        if (target is MetadataRecord record)
        {
            record.Set(state);
            return;
        }

        base.Build(target, state);
    }

    /// <inheritdoc/>
    public override object? Call(PickleGlobal function, PickleTuple arguments) =>
        !_plain.Contains((function.Module, function.Name)) ? base.Call(function, arguments)
        : arguments.Items.All(item => item is string or long) ? new PlainValue(function.Name)
        : throw PickleFault.Refused($"a call of {Quote(function)} with other arguments than PyTorch's");

    /// <inheritdoc/>
    public override object Key(object? key) => key is MetadataRecord { Name: "MetadataIndex" } index
        ? PieceKey.Of(
            index["fqn"] as string ?? throw PickleFault.Refused("the key of a piece has no name"),
            index["offset"] is { } offset ? TorchTensor.Extents(offset, "offset") : null)
        : base.Key(key);

    /// <summary>The element type that a record of properties tells.</summary>
    /// <exception cref="PickleFault">It is not a type that is known.</exception>
    public static DType TypeOf(object? properties) => ElementType((properties as MetadataRecord)?.State switch
    {
        PickleTuple { Items: [var type, _, _, _, _, ..] } => type,
        PickleMap map => map["dtype"],
        _ => properties,
    });
}
