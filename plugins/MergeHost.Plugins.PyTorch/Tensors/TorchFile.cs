using System.Globalization;
using System.Numerics;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Archives;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Storage.Folders;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>What <c>torch.save</c> wrote, in an archive or as before PyTorch 1.6: an object, and the storages of its tensors.</summary>
internal sealed class TorchFile : IDisposable
{
    private const string Expected = "a file that torch.save wrote";
    private const string SaveStateDict = "Save the `state_dict()` of the model that it was made from.";
    private const string SaveAgain = "Save the weights as safetensors.";
    private const int OlderVersion = 1001;
    private const int MostVersion = 10;

    private static readonly BigInteger _olderMagic =
        BigInteger.Parse("1950A86A20F9469CFC6C", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private readonly string _label;
    private readonly Dictionary<string, ByteSource> _storages = new(StringComparer.Ordinal);
    private ZipContent? _archive;
    private bool _isBigEndian;

    private TorchFile(string label)
    {
        _label = label;
    }

    /// <summary>The object: a dict of tensors, most often.</summary>
    public object? Root { get; private set; }

    /// <summary>Whether something is unpacked as it is read, and kept until this is disposed.</summary>
    public bool IsPacked => _archive?.Entries.Values.Any(entry => entry.IsDeflated) == true;

    /// <summary>Opens a file, or a part of one; headers are read, and no tensor's data.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="label">How messages call it.</param>
    /// <exception cref="CheckpointException">It is something else, breaks the rules, or asks for something that is not data.</exception>
    public static TorchFile Open(ByteSource source, string label)
    {
        TorchFile file = new(label);
        try
        {
            file.Read(source);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Where the bytes of a tensor are.</summary>
    public StoredTensor Find(TorchTensor tensor) => new(tensor, _storages[tensor.Storage.Key], _isBigEndian);

    public void Dispose() => _archive?.Dispose();

    private void Read(ByteSource source)
    {
        byte[] head = source.ReadBytes(0, (int)Math.Min(ForeignContent.HeadBytes, source.LengthBytes));
        if (head.AsSpan().StartsWith("PK\x03\x04"u8))
        {
            ReadArchive(source);
        }
        else if (head.AsSpan().StartsWith("PK\x05\x06"u8))
        {
            throw Other("an archive without entries", PickleFault.DownloadAgain);
        }
        else if (head is [0x80, ..])
        {
            ReadOlder(source);
        }
        else
        {
            bool isSafetensors = head.Length > 9 && head[8] == '{' && head[7] == 0;
            ForeignContent found = isSafetensors ? new("a safetensors file", "Give the file a name that ends in '.safetensors'.")
                : ForeignContent.Recognise(head) ?? new("something else", PickleFault.DownloadAgain);
            throw Other(found.Found, found.Hint);
        }
    }

    private void ReadArchive(ByteSource source)
    {
        _archive = ZipContent.Open(source, _label);
        string root = FindRoot(_archive.Entries.Keys);
        CheckVersion(Small(root + "/version"));
        _isBigEndian = IsBigEndian(Small(root + "/byteorder"));
        if (!_archive.Entries.TryGetValue(root + "/data.pkl", out ZipEntry? entry))
        {
            throw Other("a zip archive without data.pkl", "Name the file that torch.save wrote.");
        }

        byte[] pickle = _archive.ReadSmall(entry);
        TorchDialect dialect = new();
        PickleCursor cursor = new(new MemoryBytes(pickle), 0);
        string label = $"{_label}: data.pkl";
        Root = PickleMachine.Run(cursor, dialect, label);
        if (cursor.LeftBytes > 0)
        {
            throw CheckpointException.BadHeader(label, Invariant($"{cursor.LeftBytes:N0} bytes follow after the pickle's end"));
        }

        foreach (TorchStorage storage in dialect.Storages.Values)
        {
            ZipEntry found = _archive.Entries.GetValueOrDefault($"{root}/data/{storage.Key}")
                ?? throw Broken($"there is no entry for storage '{storage.Key}'");
            if (found.LengthBytes != storage.LengthBytes)
            {
                string type = storage.Type?.Name ?? "bytes";
                throw Broken(Invariant($"storage '{storage.Key}' has {found.LengthBytes:N0} bytes; ")
                    + Invariant($"{storage.LengthBytes:N0} are needed for {storage.ElementCount:N0} of {type}"));
            }

            _storages.Add(storage.Key, found.IsDeflated
                ? new EntryBytes(_archive, found)
                : new SourcePart(source, found.DataStart, found.LengthBytes));
        }
    }

    // All entries are in one folder, whatever its name; what else it holds tells other kinds of archives apart.
    private string FindRoot(IEnumerable<string> names)
    {
        string[] all = [.. names];
        if (all.Any(name => name.EndsWith(".npy", StringComparison.Ordinal)))
        {
            throw Other("NumPy's npz archive", "Save the arrays as safetensors.");
        }

        string[] roots = [.. all.Select(name => name.Split('/')[0]).Distinct()];
        if (Has("/constants.pkl", "/code/"))
        {
            throw Unsupported("a TorchScript archive, which is a program and its weights", SaveStateDict);
        }

        if (Has("/archive_format", "/models/"))
        {
            throw Unsupported("an archive of torch.export (pt2), which is a program and its weights", SaveStateDict);
        }

        return roots.Length == 1 && all.All(name => name.Contains('/', StringComparison.Ordinal))
            ? roots[0]
            : throw CheckpointException.BadHeader(_label, $"the archive's entries are in {roots.Length} folders; expected one");

        bool Has(string end, string part) =>
            all.Any(name => name.EndsWith(end, StringComparison.Ordinal) || name.Contains(part, StringComparison.Ordinal));
    }

    private string? Small(string name) =>
        _archive!.Entries.TryGetValue(name, out ZipEntry? entry) ? System.Text.Encoding.Latin1.GetString(_archive.ReadSmall(entry)) : null;

    private void CheckVersion(string? version)
    {
        if (version is null)
        {
            return;
        }

        bool isNumber = int.TryParse(version.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || number is < 1 or > MostVersion)
        {
            throw Unsupported(
                $"version {PickleText.Quote(version.Trim())} of the archive; versions 1 to {MostVersion} are known", SaveAgain);
        }
    }

    private bool IsBigEndian(string? order) => order switch
    {
        null or "little" => false,
        "big" => true,
        _ => throw Unsupported($"byte order {PickleText.Quote(order)}; 'little' and 'big' are known", SaveAgain),
    };

    // Five pickles in a row: a number, a version, what the machine was like, the object and the keys of the storages, which follow.
    private void ReadOlder(ByteSource source)
    {
        PickleCursor cursor = new(source, 0);
        TorchDialect dialect = new(isOlder: true);
        if (PickleMachine.Run(cursor, dialect, _label) is not BigInteger magic || magic != _olderMagic)
        {
            throw Other("a pickle that is not PyTorch's", "Load it where it was made, and save a dict of tensors, best as safetensors.");
        }

        if (PickleMachine.Run(cursor, dialect, _label) is not (long and OlderVersion))
        {
            throw Unsupported("an unknown version of the format before PyTorch 1.6", SaveAgain);
        }

        if (PickleMachine.Run(cursor, dialect, _label) is not PickleMap)
        {
            throw CheckpointException.BadHeader(_label, "what is said of the machine is not a dict");
        }

        Root = PickleMachine.Run(cursor, dialect, _label);
        if (PickleMachine.Run(cursor, dialect, _label) is not PickleList keys)
        {
            throw CheckpointException.BadHeader(_label, "the keys of the storages are not a list");
        }

        ReadStorages(source, cursor, dialect.Storages, keys);
    }

    private void ReadStorages(ByteSource source, PickleCursor cursor, IReadOnlyDictionary<string, TorchStorage> used, PickleList keys)
    {
        foreach (object? item in keys.Items)
        {
            if (item is not string key || !used.TryGetValue(key, out TorchStorage? storage) || _storages.ContainsKey(key))
            {
                string what = item is string text ? PickleText.Quote(text) : PickleText.Kind(item);
                throw Broken($"storage {what} is listed twice, or no tensor uses it");
            }

            long left = cursor.LeftBytes - sizeof(long);
            if (left < storage.LengthBytes)
            {
                throw new CheckpointException(new Problem(
                    ErrorCodes.Truncated,
                    Invariant($"{_label}: storage '{key}' needs {storage.LengthBytes:N0} bytes, {Math.Max(0, left):N0} are left"),
                    PickleFault.DownloadAgain));
            }

            long count = cursor.Int64();
            if (count != storage.ElementCount)
            {
                throw Broken(Invariant($"storage '{key}' has {count:N0} elements, {storage.ElementCount:N0} are said before"));
            }

            _storages.Add(key, new SourcePart(source, cursor.Position, storage.LengthBytes));
            cursor.Skip((ulong)storage.LengthBytes);
        }

        if (used.Keys.FirstOrDefault(key => !_storages.ContainsKey(key)) is { } missing)
        {
            throw Broken($"storage '{missing}' is not in the list of storages");
        }

        if (cursor.LeftBytes > 0)
        {
            throw CheckpointException.BadHeader(_label, Invariant($"{cursor.LeftBytes:N0} bytes follow after the last storage"));
        }
    }

    private CheckpointException Other(string found, string hint) => CheckpointException.OtherFormat(_label, Expected, found, hint);

    private CheckpointException Broken(string reason) => CheckpointException.BadHeader(_label, reason, PickleFault.DownloadAgain);

    private CheckpointException Unsupported(string found, string hint) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{_label}: {found}", hint));

    private sealed class EntryBytes(ZipContent archive, ZipEntry entry) : ByteSource
    {
        public override long LengthBytes => entry.LengthBytes;

        public override void Read(long offset, Span<byte> destination) => archive.Read(entry, offset, destination);
    }

    private sealed class SourcePart(ByteSource source, long start, long lengthBytes) : ByteSource
    {
        public override long LengthBytes => lengthBytes;

        public override void Read(long offset, Span<byte> destination) => source.Read(start + offset, destination);
    }
}
