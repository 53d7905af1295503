using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Dcp;

/// <summary>An open checkpoint.</summary>
internal sealed class DcpReader : ICheckpointReader
{
    private readonly CheckpointFiles _folder;
    private readonly Dictionary<string, CheckpointFile> _files = new(StringComparer.Ordinal);
    private readonly List<TorchFile> _unpacked = [];
    private readonly Dictionary<string, PiecedReader> _tensors = new(StringComparer.Ordinal);

    private DcpReader(CheckpointFiles folder)
    {
        _folder = folder;
        Companions = FolderCompanions.Find(folder);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; private set; } = [];

    /// <summary>Opens a folder: its metadata, and the header of each piece of the model.</summary>
    /// <exception cref="CheckpointException">Something is broken, contradicts itself, or asks for something that is not data.</exception>
    public static DcpReader Open(CheckpointFiles folder)
    {
        DcpReader reader = new(folder);
        try
        {
            reader.ReadHeaders();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        PiecedReader pieces = _tensors.GetValueOrDefault(tensor.Name)
            ?? throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        ElementRun.OffsetBytes(tensor, firstElement, destination.Length);
        pieces.Read(firstElement, destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _unpacked.ForEach(file => file.Dispose());
        foreach (CheckpointFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private void ReadHeaders()
    {
        CheckpointMetadata metadata = CheckpointMetadata.Read(_folder);
        (IReadOnlyList<(string Name, string Key)> names, IReadOnlyList<Problem> warnings) =
            ModelNames.Choose(metadata.TensorKeys(), _folder.Location);
        List<TensorInfo> tensors = [];
        foreach ((string name, string key) in names)
        {
            PiecedTensor tensor = metadata.Find(key);
            tensors.Add(new TensorInfo(name, tensor.Type, [.. tensor.Sizes]));
            _tensors.Add(name, new PiecedReader(tensor, [.. tensor.Pieces.Select(piece => OpenPiece(name, tensor.Type, piece))]));
        }

        Tensors = tensors;
        Warnings = warnings;
        WeightFiles = [.. _files.Values.Select(file => file.Path).Order(StringComparer.Ordinal)];
    }

    private StoredTensor OpenPiece(string name, DType type, PiecePlace piece)
    {
        CheckpointFile file = OpenFile(piece.File, name);
        if (piece.Start > file.LengthBytes - piece.LengthBytes)
        {
            throw CheckpointException.Truncated(file.Path, name, Saturated(piece.Start, piece.LengthBytes), file.LengthBytes);
        }

        string label = Invariant($"{file.Path}: the piece of '{CheckpointException.Printable(name)}' from byte {piece.Start:N0} on");
        _unpacked.Add(TorchFile.Open(new FileWindow(file, piece.Start, piece.LengthBytes), label));
        TorchFile torch = _unpacked[^1];
        if (!torch.IsPacked)
        {
            _unpacked.RemoveAt(_unpacked.Count - 1);
        }

        TorchTensor tensor = torch.Root as TorchTensor
            ?? throw CheckpointException.BadHeader(label, $"expected a tensor, found {PickleText.Kind(torch.Root)}");
        return tensor.Type == type && tensor.Sizes.AsSpan().SequenceEqual(piece.Box.Sizes)
            ? torch.Find(tensor)
            : throw CheckpointException.BadTensor(
                file.Path,
                name,
                Invariant($"its piece from byte {piece.Start:N0} on is {tensor.Type} [{string.Join(", ", tensor.Sizes)}], ")
                    + $"{DcpFolder.Metadata} says {type} [{string.Join(", ", piece.Box.Sizes)}]");
    }

    private CheckpointFile OpenFile(string name, string tensor)
    {
        if (_files.TryGetValue(name, out CheckpointFile? file))
        {
            return file;
        }

        if (!_folder.Has(name))
        {
            throw CheckpointException.BadIndex(
                _folder.Location, $"file '{name}', which has a piece of '{CheckpointException.Printable(tensor)}', is missing",
                "Copy the files of all ranks into the folder.");
        }

        if (_folder.StrayTarget(name) is { } target)
        {
            throw CheckpointException.BadIndex(
                _folder.Location, $"'{name}' is a link to '{target}', outside of the checkpoint's folder",
                "Put the file itself into the folder.");
        }

        file = _folder.Open(name);
        _files.Add(name, file);
        return file;
    }

    private static long Saturated(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
