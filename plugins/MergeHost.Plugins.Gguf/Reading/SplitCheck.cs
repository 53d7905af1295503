using MergeHost.Checkpoints;
using static System.FormattableString;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Whether files that are named as parts of one checkpoint are.</summary>
internal static class SplitCheck
{
    public const string NumberKey = "split.no";
    public const string CountKey = "split.count";
    public const string TensorCountKey = "split.tensors.count";

    /// <summary>Compares what the files say of themselves.</summary>
    /// <exception cref="CheckpointException">A file is of another checkpoint, or stands at another's place.</exception>
    public static void Check(IReadOnlyList<GgufHeader> headers)
    {
        for (int index = 0; index < headers.Count; index++)
        {
            Metadata metadata = headers[index].Metadata;
            long count = metadata.Whole(CountKey) ?? 1;
            if (Math.Max(count, 1) != headers.Count)
            {
                throw CheckpointException.BadIndex(
                    metadata.Path, Invariant($"the file says that it is one of {count}, its name that it is one of {headers.Count}"),
                    "Give the files the names that they were published with.");
            }

            if (count > 1 && metadata.Whole(NumberKey) != index)
            {
                throw CheckpointException.BadIndex(
                    metadata.Path,
                    Invariant($"the file says that it is number {metadata.Whole(NumberKey) + 1}, its name that it is number {index + 1}"));
            }
        }

        CheckTensors(headers);
    }

    private static void CheckTensors(IReadOnlyList<GgufHeader> headers)
    {
        long found = headers.Sum(header => (long)header.Tensors.Count);
        if (headers.Count > 1 && headers[0].Metadata.Whole(TensorCountKey) is { } stated && stated != found)
        {
            throw CheckpointException.BadIndex(
                headers[0].Metadata.Path, Invariant($"all files together should have {stated:N0} tensors, they have {found:N0}"),
                "One of the files is of another model; download them again.");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (GgufHeader header in headers)
        {
            foreach (GgufTensor tensor in header.Tensors.Where(tensor => !names.Add(tensor.Info.Name)))
            {
                throw CheckpointException.BadIndex(header.Metadata.Path, $"tensor '{tensor.Info.Name}' is in an earlier file as well");
            }
        }
    }
}
