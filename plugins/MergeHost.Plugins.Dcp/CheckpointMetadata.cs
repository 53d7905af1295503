using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using static System.FormattableString;

namespace MergeHost.Plugins.Dcp;

/// <summary>What <c>.metadata</c> says of the tensors: their types, sizes and pieces; all of it is consistent in itself.</summary>
internal sealed partial class CheckpointMetadata
{
    private const string ConvertByTorch =
        "Convert it where it was made: `python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER OUT.pt`.";

    private readonly string _path;
    private readonly PickleMap _tensors;
    private readonly PickleMap _places;
    private readonly PickleMap? _paths;

    private CheckpointMetadata(string path, MetadataRecord root)
    {
        _path = path;
        _tensors = root["state_dict_metadata"] as PickleMap ?? throw Bad("there is no 'state_dict_metadata'");
        _places = root["storage_data"] as PickleMap ?? throw Bad("there is no 'storage_data'");
        _paths = root["planner_data"] as PickleMap;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It is broken, or asks for something that is not data.</exception>
    public static CheckpointMetadata Read(CheckpointFiles files)
    {
        using CheckpointFile file = files.Open(DcpFolder.Metadata);
        string path = file.Path;
        PickleCursor cursor = new(new FileWindow(file), 0);
        object? root = PickleMachine.Run(cursor, new MetadataDialect(), path);
        return cursor.LeftBytes > 0
            ? throw CheckpointException.BadHeader(path, Invariant($"{cursor.LeftBytes:N0} bytes follow after the pickle's end"))
            : root is MetadataRecord { Name: "Metadata" } record ? new CheckpointMetadata(path, record)
            : throw CheckpointException.BadHeader(path, $"expected the Metadata of a checkpoint, found {PickleText.Kind(root)}");
    }

    /// <summary>The entries that are tensors, with the path of keys under which the program had each.</summary>
    public IReadOnlyList<(string Key, string[] Path)> TensorKeys()
    {
        List<(string Key, string[] Path)> keys = [];
        foreach ((object key, object? value) in _tensors.Entries)
        {
            if (key is not string name || value is not MetadataRecord { Name: "TensorStorageMetadata" or "BytesStorageMetadata" } record)
            {
                throw Bad($"{PickleText.Quote(key)} is described by {(value as MetadataRecord)?.Name ?? PickleText.Kind(value)}");
            }

            if (record.Name == "TensorStorageMetadata")
            {
                keys.Add((name, PathOf(name)));
            }
        }

        return keys;
    }

    /// <summary>The size and pieces of a tensor.</summary>
    /// <exception cref="CheckpointException">They contradict each other.</exception>
    public PiecedTensor Find(string key)
    {
        MetadataRecord record = (MetadataRecord)_tensors[key]!;
        try
        {
            DType type = MetadataDialect.TypeOf(record["properties"]);
            long[] sizes = TorchTensor.Extents(record["size"], "size");
            PickleList chunks = record["chunks"] as PickleList ?? throw PickleFault.BadTensor("it has no list of pieces");
            PieceBox.CheckSize(type, sizes);
            List<PiecePlace> pieces = [];
            foreach (object? chunk in chunks.Items)
            {
                PieceBox box = chunk is MetadataRecord { Name: "ChunkStorageMetadata" } piece
                    ? PieceBox.Make(TorchTensor.Extents(piece["offsets"], "offset"), TorchTensor.Extents(piece["sizes"], "size"), sizes)
                    : throw PickleFault.BadTensor($"a piece is {PickleText.Kind(chunk)}");

                // Ranks that got no row have a piece without elements, often at the place of another.
                if (box.ElementCount > 0 || PieceBox.Count(sizes) == 0)
                {
                    pieces.Add(PlaceOf(key, box));
                }
            }

            PieceBox.CheckCover([.. pieces.Select(piece => piece.Box)], sizes);
            return new PiecedTensor(type, sizes, pieces);
        }
        catch (PickleFault fault)
        {
            throw fault.Of(_path, key);
        }
    }

    private PiecePlace PlaceOf(string key, PieceBox box)
    {
        if (_places[PieceKey.Of(key, box.Offsets)] is not MetadataRecord { Name: "_StorageInfo" } info)
        {
            throw PickleFault.BadTensor($"no file is named for its piece at {box}");
        }

        if (info["transform_descriptors"] is PickleList { Items.Count: > 0 } or PickleTuple { Items.Length: > 0 } or string)
        {
            string transforms = info["transform_descriptors"] switch
            {
                PickleList list => string.Join(", ", list.Items.Select(PickleText.Quote)),
                PickleTuple tuple => string.Join(", ", tuple.Items.Select(PickleText.Quote)),
                var text => PickleText.Quote(text),
            };
            throw PickleFault.Unsupported($"its pieces are transformed by {transforms}", ConvertByTorch);
        }

        return info["relative_path"] is string file && info["offset"] is long and >= 0 && info["length"] is long and >= 0
            ? FileName().IsMatch(file) && !file.Contains("..", StringComparison.Ordinal)
                ? new PiecePlace(box, file, (long)info["offset"]!, (long)info["length"]!)
                : throw PickleFault.BadTensor($"{PickleText.Quote(file)} is not the name of a file in the folder")
            : throw PickleFault.BadTensor($"the place of its piece at {box} is not one");
    }

    private string[] PathOf(string key) =>
        _paths?[key] is PickleTuple { Items.Length: > 0 } path && path.Items.All(item => item is string or long)
        ? [.. path.Items.Select(item => Convert.ToString(item, System.Globalization.CultureInfo.InvariantCulture)!)]
        : [key];

    private CheckpointException Bad(string reason) => CheckpointException.BadHeader(_path, reason);

    [GeneratedRegex(@"^[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Type">The type of its elements.</param>
/// <param name="Sizes">Its extents.</param>
/// <param name="Pieces">What it is put together from; each element is in just one.</param>
internal sealed record PiecedTensor(DType Type, long[] Sizes, IReadOnlyList<PiecePlace> Pieces);

/// <summary>Where a piece is.</summary>
/// <param name="Box">The part of the tensor that it is.</param>
/// <param name="File">The file's name.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="LengthBytes">How many there are.</param>
internal sealed record PiecePlace(PieceBox Box, string File, long Start, long LengthBytes);
