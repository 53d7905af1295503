using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What each column of each weight matters, as <c>llama-imatrix</c> measures it: the mean square of what it is multiplied by.</summary>
internal sealed class ImportanceMatrix
{
    private const string Sums = ".in_sum2";
    private const string Counts = ".counts";

    private readonly string _path;
    private readonly Dictionary<string, float[][]> _byWeight;

    private ImportanceMatrix(string path, Dictionary<string, float[][]> byWeight)
    {
        _path = path;
        _byWeight = byWeight;
    }

    /// <summary>Reads a GGUF file of such numbers.</summary>
    /// <exception cref="CheckpointException">The file holds something else, or breaks the format's rules.</exception>
    public static ImportanceMatrix Read(string path)
    {
        using WeightFile file = WeightFile.Open(path);
        GgufHeader header = GgufHeader.Read(HeaderSource.Of(file));
        if (header.Metadata.Text(ModelKind.TypeKey) is not "imatrix")
        {
            throw CheckpointException.OtherFormat(path, "an importance matrix", "another GGUF file", "Name a file that `llama-imatrix` wrote.");
        }

        Dictionary<string, GgufTensor> tensors = header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        Dictionary<string, float[][]> byWeight = new(StringComparer.Ordinal);
        foreach ((string name, GgufTensor sums) in tensors.Where(tensor => tensor.Key.EndsWith(Sums, StringComparison.Ordinal)))
        {
            string weight = name[..^Sums.Length];
            float[] counts = tensors.TryGetValue(weight + Counts, out GgufTensor counted) ? Numbers(file, counted) : [];
            byWeight[weight] = Means(path, name, Numbers(file, sums), counts);
        }

        return new ImportanceMatrix(path, byWeight);
    }

    /// <summary>What the columns of a weight matter, or <see langword="null"/> if that was not measured.</summary>
    /// <exception cref="CheckpointException">The weight has another number of columns.</exception>
    public float[]? Find(TensorInfo tensor)
    {
        foreach ((string name, int expert) in Architecture.GgufNamesOf(tensor.Name))
        {
            if (_byWeight.TryGetValue(name, out float[][]? matrices) && expert < matrices.Length)
            {
                return tensor.Shape.Rank == 2 && tensor.Shape[1] == matrices[expert].Length
                    ? matrices[expert]
                    : throw CheckpointException.BadTensor(
                        _path, name, $"tells of {matrices[expert].Length} columns; '{CheckpointException.Printable(tensor.Name)}' has shape {tensor.Shape}", "Measure it on this model.");
            }
        }

        return null;
    }

    // What never took part counts alike.
    private static float[][] Means(string path, string name, float[] sums, float[] counts)
    {
        if (counts.Length == 0 || sums.Length % counts.Length != 0 || !Array.TrueForAll(sums, sum => float.IsFinite(sum) && sum >= 0))
        {
            throw CheckpointException.BadTensor(path, name, $"{sums.Length} sums of squares, from 0 up, must go with as many counts as there are matrices; found {counts.Length}");
        }

        int columns = sums.Length / counts.Length;
        return [.. counts.Select((count, matrix) => sums.AsSpan(matrix * columns, columns).ToArray().Select(sum => count > 0 ? sum / count : 1).ToArray())];
    }

    private static float[] Numbers(WeightFile file, GgufTensor tensor)
    {
        if (tensor.Info.DType != DType.F32)
        {
            throw CheckpointException.BadTensor(file.Path, tensor.Info.Name, $"is of type {tensor.Info.DType}; expected F32");
        }

        byte[] stored = new byte[tensor.Info.LengthBytes];
        file.Read(tensor.Start, stored);
        float[] numbers = new float[tensor.Info.ElementCount];
        Buffer.BlockCopy(stored, 0, numbers, 0, stored.Length);
        return numbers;
    }
}
