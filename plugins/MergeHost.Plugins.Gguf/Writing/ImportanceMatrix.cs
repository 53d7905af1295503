using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What each column of each weight matters, as <c>llama-imatrix</c> measures it: the mean
/// square of what it is multiplied by.</summary>
internal sealed class ImportanceMatrix
{
    private const string Sums = ".in_sum2";
    private const string Counts = ".counts";
    private const string Expected = "an importance matrix";
    private const string Hint = "Name a file that `llama-imatrix` wrote.";

    private readonly string _path;
    private readonly Dictionary<string, Importance> _byWeight;

    private ImportanceMatrix(string path, Dictionary<string, Importance> byWeight)
    {
        _path = path;
        _byWeight = byWeight;
    }

    /// <summary>Reads a file of such numbers: GGUF, or what came before it.</summary>
    /// <exception cref="CheckpointException">The file holds something else, or breaks the format's rules.</exception>
    public static ImportanceMatrix Read(string path)
    {
        using WeightFile file = WeightFile.Open(path);
        byte[] head = new byte[(int)Math.Min(ForeignContent.HeadBytes, file.LengthBytes)];
        file.Read(0, head);
        if (head.AsSpan().StartsWith("GGUF"u8))
        {
            return new ImportanceMatrix(path, ReadGguf(file));
        }

        return new ImportanceMatrix(path, OldImportance.Read(HeaderSource.Of(file)) ?? throw CheckpointException.OtherFormat(
            path, Expected, ForeignContent.Recognise(head)?.Found ?? "something else", Hint));
    }

    /// <summary>Types that are rounded to by what columns matter, where that was measured and makes a difference.</summary>
    /// <param name="tensors">The weights.</param>
    /// <param name="types">The type of each.</param>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public IReadOnlyList<DType> Weigh(IReadOnlyList<TensorInfo> tensors, IReadOnlyList<DType> types)
    {
        DType[] weighed = [.. types];
        bool isUsed = false;
        int[] quantized = [.. Enumerable.Range(0, types.Count).Where(index => types[index].Kind == DTypeKind.Quantized)];
        foreach (int index in quantized)
        {
            if (Find(tensors[index]) is { } columns)
            {
                weighed[index] = GgufType.Weigh(types[index], columns);
                isUsed = true;
            }
        }

        return isUsed || quantized.Length == 0 ? weighed : throw new CheckpointException(new Problem(
            ErrorCodes.TensorMissing,
            $"{_path}: of {_byWeight.Count} weights that the importance matrix tells of, first "
                + $"'{CheckpointException.Printable(_byWeight.Keys.FirstOrDefault() ?? "")}', the model has none that is quantised",
            "Measure it on this model."));
    }

    private float[]? Find(TensorInfo tensor)
    {
        foreach ((string name, int expert) in ModelArchitectures.GgufNamesOf(tensor.Name))
        {
            if (_byWeight.TryGetValue(name, out Importance? importance))
            {
                int columns = tensor.Shape.Rank == 2 ? (int)Math.Min(tensor.Shape[1], int.MaxValue) : 0;
                return importance.OfMatrix(columns, WeightRoles.IsExpert(tensor.Name) ? expert : null)
                    ?? throw CheckpointException.BadTensor(
                        _path, name,
                        $"tells of {importance.Describe()}; '{CheckpointException.Printable(tensor.Name)}' has shape {tensor.Shape}",
                        "Measure it on this model.");
            }
        }

        return null;
    }

    private static Dictionary<string, Importance> ReadGguf(WeightFile file)
    {
        GgufHeader header = GgufHeader.Read(HeaderSource.Of(file));
        if (header.Metadata.Text(ModelKind.TypeKey) is not "imatrix")
        {
            throw CheckpointException.OtherFormat(file.Path, Expected, "another GGUF file", Hint);
        }

        Dictionary<string, GgufTensor> tensors = header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        Dictionary<string, Importance> byWeight = new(StringComparer.Ordinal);
        foreach ((string name, GgufTensor sums) in tensors.Where(tensor => tensor.Key.EndsWith(Sums, StringComparison.Ordinal)))
        {
            string weight = name[..^Sums.Length];
            float[] counts = tensors.TryGetValue(weight + Counts, out GgufTensor counted) ? Numbers(file, counted) : [];
            byWeight[weight] = Importance.OfMatrices(Numbers(file, sums), counts)
                ?? throw CheckpointException.BadTensor(file.Path, name,
                    $"must be sums of squares, from 0 up, with as many counts as there are matrices; found {sums.Info.ElementCount} sums "
                        + $"and {counts.Length} counts");
        }

        return byWeight;
    }

    private static float[] Numbers(WeightFile file, GgufTensor tensor)
    {
        if (tensor.Info.DType != DType.F32)
        {
            throw CheckpointException.BadTensor(file.Path, tensor.Info.Name, $"is of type {tensor.Info.DType}; expected F32");
        }

        float[] numbers = tensor.Info.LengthBytes <= Array.MaxLength
            ? new float[tensor.Info.ElementCount]
            : throw CheckpointException.BadTensor(file.Path, tensor.Info.Name,
                $"has {tensor.Info.ElementCount} numbers, more than fit memory");
        file.Read(tensor.Start, System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()));
        return numbers;
    }
}
