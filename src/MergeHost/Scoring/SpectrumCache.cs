using System.Runtime.InteropServices;
using MergeHost.Running.Data;
using MergeHost.Storage;

namespace MergeHost.Scoring;

/// <summary>Singular values on disk, by the content of the tensors that they belong to, so that
/// they are computed once on a machine.</summary>
/// <remarks>One file a matrix, float64 as the processor has it. What cannot be read or written is
/// computed again: a cache is never an error.</remarks>
/// <param name="folder">The folder, or <see langword="null"/> to keep nothing.</param>
internal sealed class SpectrumCache(string? folder)
{
    // Another way of computing values gets another number.
    private const string Version = "1";

    /// <summary>The values of a matrix.</summary>
    /// <param name="content">What tells the matrix from any other: digests, dtypes, shape, device.</param>
    /// <param name="count">How many values there are.</param>
    /// <param name="compute">Computes them.</param>
    public IReadOnlyList<double> Get(IEnumerable<string> content, int count, Func<IReadOnlyList<double>> compute)
    {
        if (folder is null)
        {
            return compute();
        }

        string path = Path.Combine(folder, TensorDigest.OfAll(content.Prepend(Version).Select(part => part + "\n")) + ".spectrum");
        if (Read(path, count) is { } known)
        {
            return known;
        }

        IReadOnlyList<double> values = compute();
        Write(path, [.. values]);
        return values;
    }

    private static double[]? Read(string path, int count)
    {
        try
        {
            byte[] bytes = File.Exists(path) ? BoundedFile.ReadBytes(path, 1 << 28) : [];
            return bytes.Length == count * sizeof(double) && count > 0 ? MemoryMarshal.Cast<byte, double>(bytes).ToArray() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Renamed when it is whole: another process may read at any time.
    private void Write(string path, double[] values)
    {
        string partial = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.partial";
        try
        {
            Directory.CreateDirectory(folder!);
            File.WriteAllBytes(partial, MemoryMarshal.AsBytes(values.AsSpan()));
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
        }
    }
}
