using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>A model of several parts in folders, as one checkpoint.</summary>
/// <remarks>
/// Tensors and files of the first part have their own names, those of others <c>PART/NAME</c>, such as <c>2_Dense/linear.weight</c>.
/// </remarks>
public sealed class PartedCheckpoint : ICheckpointReader
{
    private static readonly string[] _ofAll = [ModelParts.List, "config_sentence_transformers.json"];
    private static readonly string[] _weights = [".safetensors", ".bin", ".pt", ".pth", ".ckpt"];
    private static readonly string[] _companions = [".json", ".txt", ".model", ".jinja"];

    private readonly List<ICheckpointReader> _readers = [];
    private readonly Dictionary<string, (ICheckpointReader Reader, TensorInfo Info)> _tensors = [];

    private PartedCheckpoint(CheckpointFiles files, ModelParts parts, Func<CheckpointFiles, ICheckpointReader> open)
    {
        try
        {
            ICheckpointReader main = Keep(open(parts.Main.Length == 0 ? files : new PartFiles(files, parts.Main)), "");
            List<CompanionFile> companions = [.. main.Companions, .. _ofAll.Select(files.Companion).OfType<CompanionFile>()];
            foreach (string part in parts.Others)
            {
                IReadOnlyList<string> names = files.NamesIn(part);
                if (names.Any(name => _weights.Contains(Path.GetExtension(name))))
                {
                    Keep(open(new PartFiles(files, part)), part + '/');
                }

                companions.AddRange(names.Where(IsCompanion).Select(name => files.Companion($"{part}/{name}")).OfType<CompanionFile>());
            }

            Companions = companions;
        }
        catch
        {
            Dispose();
            throw;
        }

        Tensors = [.. _tensors.Select(tensor => tensor.Value.Info with { Name = tensor.Key })];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles => [.. _readers.SelectMany(reader => reader.WeightFiles)];

    /// <inheritdoc/>
    public IReadOnlyList<TensorRange> TensorRanges => [.. _readers.SelectMany(reader => reader.TensorRanges)];

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings => [.. _readers.SelectMany(reader => reader.Warnings)];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata => _readers[0].Metadata;

    /// <summary>Opens a checkpoint, whether it has parts or not.</summary>
    /// <param name="files">Its files.</param>
    /// <param name="open">Opens a part, or a checkpoint without parts.</param>
    /// <exception cref="CheckpointException">The list of parts is wrong, or a part cannot be opened.</exception>
    public static ICheckpointReader Open(CheckpointFiles files, Func<CheckpointFiles, ICheckpointReader> open)
    {
        ModelParts? parts = ModelParts.Find(files);
        if (parts is null)
        {
            return open(files);
        }

        return new PartedCheckpoint(files, parts, open);
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (!_tensors.TryGetValue(tensor.Name, out (ICheckpointReader Reader, TensorInfo Info) found))
        {
            throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        }

        found.Reader.Read(found.Info, firstElement, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _readers.ForEach(reader => reader.Dispose());

    /// <summary>Whether a file tells of the model as a whole, and lies beside the parts' folders.</summary>
    internal static bool IsOfAll(CompanionFile file) => _ofAll.Contains(file.Name);

    private ICheckpointReader Keep(ICheckpointReader reader, string prefix)
    {
        _readers.Add(reader);
        foreach (TensorInfo tensor in reader.Tensors)
        {
            if (!_tensors.TryAdd(prefix + tensor.Name, (reader, tensor)))
            {
                throw CheckpointException.Unreadable(reader.WeightFiles[0],
                    $"its tensor '{tensor.Name}' would be '{prefix}{tensor.Name}', as one of the first part is");
            }
        }

        return reader;
    }

    private static bool IsCompanion(string name) =>
        _companions.Contains(Path.GetExtension(name)) && !name.EndsWith(".index.json", StringComparison.Ordinal)
            && CompanionFile.IsName(name);
}
