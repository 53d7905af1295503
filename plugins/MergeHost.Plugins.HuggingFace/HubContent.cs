using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>What a file holds, from the cache or from the hub.</summary>
internal sealed class HubContent(HubRepository repository, HubEntry entry)
{
    private const int LeastBlockBytes = 1 << 12;
    private const int LargestBlockBytes = 1 << 17;
    private const int LargestHeadBytes = 1 << 22;
    private const int MostBlocks = 32;

    // A header is a thousandth of a model or less; what comes with it in vain is to stay as little.
    private const int BlocksOfFile = 1 << 9;

    private readonly RemoteFile _remote = repository.Remote(entry);
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Lazy<byte[]>> _blocks = [];
    private readonly Queue<long> _order = [];
    private int _blockBytes = (int)Math.Clamp(entry.LengthBytes / BlocksOfFile, LeastBlockBytes, LargestBlockBytes);
    private volatile HubStream? _stream;

    public long LengthBytes => entry.LengthBytes;

    /// <summary>The digest of the content; the place and length in a cache that does not tell it.</summary>
    /// <exception cref="HubException">What was read of it is not what the listing says.</exception>
    public string Identity
    {
        get
        {
            _stream?.ThrowIfDamaged();
            return HubEntry.IsDigest(entry.Digest) ? entry.Digest : $"{repository.Commit}/{entry.Path}/{entry.LengthBytes}";
        }
    }

    /// <summary>Whether it is read once and mostly in order, and was not compared with its digest.</summary>
    public bool IsUncompared => _stream is { IsCompared: false } && Cached is null;

    /// <summary>The path in the cache, or <see langword="null"/>.</summary>
    public string? Cached => repository.Cached(entry);

    /// <summary>Puts the file into the cache, if it is not there.</summary>
    public void Keep()
    {
        if (Cached is null)
        {
            repository.Add(entry, null, CancellationToken.None);
        }
    }

    /// <summary>Fetches the file's beginning, unless something was read already.</summary>
    public void FetchHead(long lengthBytes)
    {
        lock (_lock)
        {
            if (_blocks.Count > 0)
            {
                return;
            }

            _blockBytes = (int)Math.Min(lengthBytes, LargestHeadBytes);
        }

        Block(0);
    }

    /// <summary>Makes ready that it is read once and mostly in order.</summary>
    public HubStream BeginStream() => _stream ??= new HubStream(_remote, entry, repository.Heads.GetValueOrDefault(entry, []));

    /// <summary>Reads from the hub; short runs with what is around them, which is kept for a while.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (_stream is { } stream)
        {
            stream.Read(offset, destination);
            return;
        }

        while (!destination.IsEmpty)
        {
            long number = offset / _blockBytes;
            int skip = (int)(offset % _blockBytes);
            byte[]? block = destination.Length < _blockBytes || Knows(number) ? Block(number) : null;
            if (block is null)
            {
                Fetch(offset, destination);
                return;
            }

            int count = Math.Min(destination.Length, block.Length - skip);
            block.AsSpan(skip, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    private bool Knows(long number)
    {
        lock (_lock)
        {
            return _blocks.ContainsKey(number);
        }
    }

    private byte[] Block(long number)
    {
        Lazy<byte[]> block;
        lock (_lock)
        {
            if (!_blocks.TryGetValue(number, out block!))
            {
                _blocks.Add(number, block = new Lazy<byte[]>(() =>
                {
                    byte[] content = new byte[Math.Min(_blockBytes, entry.LengthBytes - (number * _blockBytes))];
                    Fetch(number * _blockBytes, content);
                    return number == 0 ? repository.Heads.GetOrAdd(entry, content) : content;
                }));
                _order.Enqueue(number);
                if (_order.Count > MostBlocks)
                {
                    _blocks.Remove(_order.Dequeue());
                }
            }
        }

        return block.Value;
    }

    private unsafe void Fetch(long offset, Span<byte> destination)
    {
        int position = 0;
        fixed (byte* start = destination)
        {
            byte* target = start;
            int lengthBytes = destination.Length;
            _remote.Read(offset, lengthBytes, bytes =>
            {
                bytes.Span.CopyTo(new Span<byte>(target + position, lengthBytes - position));
                position += bytes.Length;
            }, CancellationToken.None);
        }
    }
}
