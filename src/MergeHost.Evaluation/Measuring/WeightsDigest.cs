using System.Security.Cryptography;
using MergeHost.Checkpoints;
using MergeHost.Running.Data;

namespace MergeHost.Evaluation.Measuring;

/// <summary>The digest of all that a benchmark can see of a checkpoint: the same for a file, its copy and a merge in memory.</summary>
internal static class WeightsDigest
{
    private static readonly string[] _prefixes = ["config", "tokenizer", "vocab", "merges", "special_tokens"];

    /// <summary>Reads the whole checkpoint, at the speed of the disk.</summary>
    public static string Of(ICheckpointReader checkpoint, CancellationToken cancellation)
    {
        List<string> digests = [];
        foreach (TensorInfo tensor in checkpoint.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            digests.Add($"{tensor} {TensorDigest.Of(tensor, checkpoint.Read)}\n");
        }

        IEnumerable<CompanionFile> files =
            checkpoint.Companions.Where(file => _prefixes.Any(prefix => file.Name.StartsWith(prefix, StringComparison.Ordinal)));
        digests.AddRange(files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {Convert.ToHexStringLower(SHA256.HashData(file.ReadBytes()))}\n"));
        return TensorDigest.OfAll(digests);
    }
}
