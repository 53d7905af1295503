using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>Names, rows and stacks of one checkpoint, from GGUF to Hugging Face and back.</summary>
/// <param name="path">The file or folder, for messages.</param>
/// <param name="architecture">The architecture, or <see langword="null"/> if none is known: then names stay as they are.</param>
/// <param name="headCount">The number of heads that a key says.</param>
internal sealed class NameMap(string path, ModelArchitecture? architecture, Func<string, long?> headCount)
{
    private const int MostExperts = 4096;

    /// <summary>The map of a file that is read.</summary>
    public static NameMap Of(Metadata metadata)
    {
        string name = metadata.Text(ModelKind.ArchitectureKey)!;

        // Models whose keys have as many heads as queries need not say so.
        return new NameMap(metadata.Path, ModelKind.FamilyOf(metadata),
            key => metadata.Whole($"{name}.{key}") ?? metadata.Whole($"{name}.attention.head_count"));
    }

    /// <summary>The map of a file that is written.</summary>
    public static NameMap Of(string path, ModelArchitecture architecture, JsonObject config) => new(path, architecture, key =>
        (long?)architecture.Keys.First(entry => entry.Gguf.Contains(key)).InHub(name => ConfigMap.Whole(config, name)));

    /// <summary>What a tensor is to Hugging Face: one tensor, or those that it stacks.</summary>
    /// <returns>The tensor's own name if there is no other, with <see langword="false"/>.</returns>
    /// <exception cref="CheckpointException">Its rows cannot be put in order, or it is no stack.</exception>
    public (IReadOnlyList<HubTensor> Parts, bool IsKnown) ToHub(TensorInfo gguf)
    {
        if (architecture?.FindGguf(gguf.Name, out int layer) is not { } names)
        {
            return ([new HubTensor(gguf, 0)], architecture is null);
        }

        if (!names.IsStacked)
        {
            TensorShape own = names.IsRow && gguf.Shape.Rank == 1 ? [1, gguf.Shape[0]] : gguf.Shape;
            return ([Part(names, gguf.Name, gguf with { Name = names.HubIn(layer), Shape = own }, 0)], true);
        }

        // One without bytes would make many of a few bytes of header.
        if (gguf.Shape.Rank != 3 || gguf.Shape[0] is < 1 or > MostExperts || gguf.ElementCount == 0)
        {
            throw CheckpointException.BadTensor(path, gguf.Name, $"shape {gguf.Shape} is no stack of 1 to {MostExperts} matrices");
        }

        TensorShape shape = TensorShape.Create([gguf.Shape[1], gguf.Shape[2]]);
        long bytes = gguf.DType.LengthBytes(shape.ElementCount);
        return ([.. Enumerable.Range(0, checked((int)gguf.Shape[0]))
            .Select(expert => Part(names, gguf.Name, new TensorInfo(names.HubIn(layer, expert), gguf.DType, shape), expert * bytes))],
                true);
    }

    /// <summary>Tensors as GGUF has them, with what each is made of; in the order of the first part of each.</summary>
    /// <exception cref="CheckpointException">The architecture has no such tensor, rows cannot be put
    /// in order, or a stack is not whole.</exception>
    public IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> ToGguf(IReadOnlyList<TensorInfo> hub) => architecture is null
        ? [.. hub.Select(tensor => (tensor, (IReadOnlyList<HubTensor>)[new HubTensor(tensor, 0)]))]
        : [.. hub.Select(Find).GroupBy(tensor => tensor.Names.GgufIn(tensor.Layer)).Select(parts => ToGguf(parts.Key, [.. parts]))];

    private (TensorInfo Gguf, IReadOnlyList<HubTensor> Parts) ToGguf(string name,
        (TensorInfo Hub, ArchitectureTensor Names, int Layer, int Expert)[] parts)
    {
        (TensorInfo first, ArchitectureTensor names, _, _) = parts[0];
        if (!names.IsStacked)
        {
            return (first with { Name = name }, [Part(names, first.Name, first, 0)]);
        }

        if (Array.Find(parts, part => part.Hub.Shape != first.Shape || part.Hub.DType != first.DType).Hub is { } other)
        {
            throw CheckpointException.BadTensor(
                path, other.Name,
                $"is {other.DType} {other.Shape}, '{first.Name}' is {first.DType} {first.Shape}; '{name}' stacks tensors that are alike");
        }

        TensorShape shape = first.Shape.Rank == 2
            ? TensorShape.Create([parts.Length, first.Shape[0], first.Shape[1]])
            : throw CheckpointException.BadTensor(path, first.Name, $"shape {first.Shape}; '{name}' stacks matrices");
        if (parts.Any(part => part.Expert >= parts.Length))
        {
            string missing = names.HubIn(parts[0].Layer,
                Enumerable.Range(0, parts.Length).First(expert => !parts.Any(part => part.Expert == expert)));
            throw CheckpointException.BadTensor(path, missing, $"is not there; '{name}' stacks the experts of a layer without gaps");
        }

        return (new TensorInfo(name, first.DType, shape),
            [.. parts.Select(part => Part(names, part.Hub.Name, part.Hub, part.Expert * part.Hub.LengthBytes))]);
    }

    private (TensorInfo Hub, ArchitectureTensor Names, int Layer, int Expert) Find(TensorInfo hub)
    {
        ArchitectureTensor names = architecture!.FindHub(hub.Name, out int layer, out int expert) ?? throw CheckpointException.BadTensor(
            path, hub.Name, $"GGUF's architecture '{architecture.Name}' has no such tensor",
            "Store the model as safetensors, or leave the tensor out.");
        return (hub, names, layer, expert);
    }

    // A tensor has the name that it has where it is read or comes from.
    private HubTensor Part(ArchitectureTensor names, string tensor, TensorInfo hub, long offset) =>
        names.Plus == 0 || hub.DType == DType.F32
            ? new HubTensor(hub, offset, OrderOf(names, tensor, hub), names.Plus)
            : throw CheckpointException.BadTensor(path, tensor, $"is of type {hub.DType}; a norm must be F32 in GGUF");

    /// <summary>The order of a tensor's rows, if it is another than Hugging Face's.</summary>
    /// <exception cref="CheckpointException">They cannot be put in order.</exception>
    public RowOrder? OrderOf(ArchitectureTensor names, string tensor, TensorInfo hub)
    {
        if (names.Heads is null)
        {
            return null;
        }

        long heads = headCount(names.Heads) ?? throw CheckpointException.BadTensor(
            path, tensor, $"'{names.Heads}' is not there, so that the order of rows cannot be told");
        long rows = hub.Shape.Rank == 0 ? 0 : hub.Shape[0];
        return heads > 0 && rows > 0 && rows % (2 * heads) == 0
            ? new RowOrder(hub.LengthBytes / rows, rows / heads)
            : throw CheckpointException.BadTensor(path, tensor, $"{rows} rows are not {heads} heads of an even number of rows");
    }
}
