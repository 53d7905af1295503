using MergeHost.Checkpoints;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Plugins;

namespace MergeHost.Running.Parts;

/// <summary>What one of the parts of a stage makes: some of its files.</summary>
/// <param name="Part">Which of the parts.</param>
/// <param name="Shards">Its files, one after the other in the checkpoint; none where there are more parts than files.</param>
internal sealed record PartPlan(MergePart Part, IReadOnlyList<CheckpointShard> Shards)
{
    private readonly HashSet<string> _stored = [.. Shards.SelectMany(shard => shard.Tensors).Select(tensor => tensor.Name)];

    /// <summary>How long its tensors are together as they are stored.</summary>
    public long LengthBytes => Shards.SelectMany(shard => shard.Tensors).Sum(tensor => tensor.LengthBytes);

    /// <summary>Whether a stored tensor lies in one of its files.</summary>
    public bool Holds(TensorInfo stored) => _stored.Contains(stored.Name);

    /// <summary>Whether anything of a tensor lies in one of its files; what a packed tensor is
    /// stored in may lie in files of two parts.</summary>
    public bool Makes(TensorPlan tensor) => tensor.Stored.Any(Holds);

    /// <summary>Divides a stage, in the same way on every machine: by headers alone.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="place">Where its output comes to lie, for messages.</param>
    /// <param name="host">Creates the format.</param>
    /// <param name="count">How many parts there are.</param>
    /// <exception cref="OutputException">The output is a single file, or its format cannot be written in parts.</exception>
    public static IReadOnlyList<PartPlan> Divide(StagePlan stage, OutputPlace place, PluginHost host, int count)
    {
        IReadOnlyList<CheckpointShard> shards = place.FileName is null
            ? host.Create<IWritableCheckpointFormat>(stage.Format).Distribute(stage.Layout)
            : [];
        if (shards.Count == 0)
        {
            throw OutputException.NotInParts(place.Path, stage.Format.Export.Id);
        }

        Dictionary<string, long> readBytes = [];
        foreach (TensorPlan tensor in stage.Tensors)
        {
            readBytes[tensor.Stored[0].Name] = tensor.ReadBytes;
        }

        long[] bytes = [.. shards.Select(shard =>
            shard.Tensors.Sum(tensor => tensor.LengthBytes + readBytes.GetValueOrDefault(tensor.Name)))];
        int[] ends = Cut(bytes, count);
        return [.. ends.Select((end,
            index) => new PartPlan(new MergePart(index + 1, count), [.. shards.Take(end).Skip(index == 0 ? 0 : ends[index - 1])]))];
    }

    // The smallest largest part, found by halving; neighbours stay together, since they lie together in the inputs, too.
    private static int[] Cut(long[] bytes, int count)
    {
        (long low, long high) = (bytes.Max(), Math.Max(bytes.Sum(), bytes.Max()));
        while (low < high)
        {
            long most = low + ((high - low) / 2);
            (low, high) = Fill(bytes, count, most)[^1] == bytes.Length ? (low, most) : (most + 1, high);
        }

        return Fill(bytes, count, low);
    }

    // Where each part ends if none holds more than so many bytes; no part is left empty as long as there are files for it.
    private static int[] Fill(long[] bytes, int count, long most)
    {
        int[] ends = new int[count];
        int next = 0;
        for (int part = 0; part < count; part++)
        {
            int last = Math.Max(next + 1, bytes.Length - (count - 1 - part));
            long held = 0;
            while (next < Math.Min(last, bytes.Length) && held + bytes[next] <= most)
            {
                held += bytes[next++];
            }

            ends[part] = next;
        }

        return ends;
    }
}
