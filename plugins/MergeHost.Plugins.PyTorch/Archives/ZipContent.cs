using System.IO.Compression;
using System.IO.Hashing;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using static System.FormattableString;

namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>An archive whose entries can be read anywhere.</summary>
/// <remarks>
/// Stored entries are read where they lie. One that is deflated is unpacked when it is first read, into a file that goes with the reader.
/// </remarks>
internal sealed class ZipContent : IDisposable
{
    private const int MostSmallBytes = 128 << 20;

    private readonly ByteSource _source;
    private readonly string _label;
    private readonly Dictionary<string, Lazy<UnpackedEntry>> _unpacked = new(StringComparer.Ordinal);

    private ZipContent(ByteSource source, string label, IReadOnlyDictionary<string, ZipEntry> entries)
    {
        _source = source;
        _label = label;
        Entries = entries;
        foreach (ZipEntry entry in entries.Values.Where(entry => entry.IsDeflated))
        {
            _unpacked.Add(entry.Name, new Lazy<UnpackedEntry>(() => UnpackedEntry.Make(Inflate(entry), entry, label)));
        }
    }

    public IReadOnlyDictionary<string, ZipEntry> Entries { get; }

    /// <summary>Opens an archive and checks its directory.</summary>
    public static ZipContent Open(ByteSource source, string label) => new(source, label, ZipDirectory.Read(source, label));

    /// <summary>Reads a part of an entry.</summary>
    public void Read(ZipEntry entry, long offset, Span<byte> destination)
    {
        if (_unpacked.TryGetValue(entry.Name, out Lazy<UnpackedEntry>? unpacked))
        {
            unpacked.Value.Read(offset, destination);
            return;
        }

        _source.Read(entry.DataStart + offset, destination);
    }

    /// <summary>Reads a whole entry into memory, and compares its checksum.</summary>
    /// <exception cref="CheckpointException">It is too long, or damaged.</exception>
    public byte[] ReadSmall(ZipEntry entry)
    {
        if (entry.LengthBytes > MostSmallBytes)
        {
            throw entry.Damaged(_label, Invariant($"has {entry.LengthBytes:N0} bytes; at most {MostSmallBytes:N0} are read"));
        }

        byte[] content = new byte[entry.LengthBytes];
        Read(entry, 0, content);
        entry.CheckCrc32(Crc32.HashToUInt32(content), _label);
        return content;
    }

    public void Dispose()
    {
        foreach (Lazy<UnpackedEntry> unpacked in _unpacked.Values.Where(unpacked => unpacked.IsValueCreated))
        {
            unpacked.Value.Dispose();
        }
    }

    private DeflateStream Inflate(ZipEntry entry) =>
        new(new SourceStream(_source, entry.DataStart, entry.PackedBytes), CompressionMode.Decompress);
}
