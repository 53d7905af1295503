using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.Dcp;

/// <summary>An open checkpoint.</summary>
internal sealed class DcpReader : FileCheckpoint<PiecedReader>
{
    private readonly CheckpointFiles _folder;
    private readonly Dictionary<string, CheckpointFile> _files = new(StringComparer.Ordinal);

    private DcpReader(CheckpointFiles folder)
    {
        _folder = folder;
        Companions = FolderCompanions.Find(folder);
    }

    /// <summary>Opens a folder: its metadata, and the header of each piece of the model.</summary>
    /// <exception cref="CheckpointException">Something is broken, contradicts itself, or asks for something that is not data.</exception>
    public static DcpReader Open(CheckpointFiles folder) => Opened(() => new DcpReader(folder), reader => reader.ReadHeaders());

    /// <inheritdoc/>
    protected override void Read(PiecedReader stored, long firstElement, long offsetBytes, Span<byte> destination) =>
        stored.Read(firstElement, destination);

    private void ReadHeaders()
    {
        CheckpointMetadata metadata = CheckpointMetadata.Read(_folder);
        (IReadOnlyList<(string Name, string Key)> names, IReadOnlyList<Problem> warnings) =
            ModelNames.Choose(metadata.TensorKeys(), _folder.Location);
        foreach ((string name, string key) in names)
        {
            PiecedTensor tensor = metadata.Find(key);
            Add(new TensorInfo(name, tensor.Type, [.. tensor.Sizes]),
                new PiecedReader(tensor, [.. tensor.Pieces.Select(piece => OpenPiece(name, tensor.Type, piece))]));
        }

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
        TorchFile torch = Keep(() => TorchFile.Open(new FileWindow(file, piece.Start, piece.LengthBytes), label), torch => torch.IsPacked);
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

        file = Keep(() => _folder.Open(name));
        _files.Add(name, file);
        return file;
    }

    private static long Saturated(long a, long b) => a > long.MaxValue - b ? long.MaxValue : a + b;
}
