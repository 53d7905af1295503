using System.Security.Cryptography;
using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>A file of the hub that is read once and mostly in order: fetched ahead of what is asked for, and
/// compared with its digest as it passes.</summary>
/// <remarks>A chunk stays until all of it was read, and as long as there is room. What is read twice is fetched twice.</remarks>
/// <param name="remote">The file.</param>
/// <param name="entry">What the listing says of it.</param>
/// <param name="head">Its beginning, which was fetched before; empty if nothing was.</param>
internal sealed class HubStream(RemoteFile remote, HubEntry entry, byte[] head)
{
    private const int ChunkBytes = 2 << 20;
    private const int MostKept = 16;
    private const int MostWaiting = 16;

    // Enough to hide the way to the hub and back, at some hundred megabytes a second.
    private const int Ahead = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Chunk> _chunks = [];
    private readonly LinkedList<int> _order = [];
    private readonly HashSet<int> _passed = [];
    private readonly Lock _hashLock = new();
    private readonly Dictionary<int, byte[]> _waiting = [];
    private IncrementalHash? _hash = HubEntry.IsDigest(entry.Digest) ? entry.NewHash() : null;
    private int _hashed;
    private volatile bool _isDamaged;

    /// <summary>Whether all of it passed, in an order in which a digest can be taken, and is what the listing says.</summary>
    public bool IsCompared { get; private set; }

    /// <summary>The file that is going to be read after this one, whose beginning is fetched when this one's end is.</summary>
    public HubStream? Next { get; set; }

    private int Count => entry.LengthBytes <= FirstBytes ? 1 : 1 + (int)((entry.LengthBytes - FirstBytes + ChunkBytes - 1) / ChunkBytes);

    private int FirstBytes => head.Length > 0 ? head.Length : ChunkBytes;

    /// <summary>Fills a span.</summary>
    /// <exception cref="HubException">The bytes do not come, or are not those of the listing's file.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            ThrowIfDamaged();
            int number = offset < FirstBytes ? 0 : 1 + (int)((offset - FirstBytes) / ChunkBytes);
            Chunk chunk = Take(number);
            byte[] content = chunk.Content.GetAwaiter().GetResult();
            int skip = (int)(offset - StartOf(number));
            int count = Math.Min(destination.Length, content.Length - skip);
            content.AsSpan(skip, count).CopyTo(destination);
            Used(number, chunk, count);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <exception cref="HubException">What passed is not the listing's file.</exception>
    public void ThrowIfDamaged()
    {
        if (_isDamaged)
        {
            throw new HubException(HubFault.Damaged, remote.Where,
                "the bytes that came are not those of the listing (digest); nothing that was made of them is kept",
                "Run again; if it stays, look at proxies between you and the hub.");
        }
    }

    private long StartOf(int number) => number == 0 ? 0 : FirstBytes + ((number - 1L) * ChunkBytes);

    private Chunk Take(int number)
    {
        lock (_lock)
        {
            Chunk taken = Begin(number);

            // A second look at what has passed is no reason to fetch more.
            for (int next = number + 1; next < number + Ahead && next < Count && !_passed.Contains(number); next++)
            {
                if (!_passed.Contains(next))
                {
                    Begin(next);
                }
            }

            if (number + Ahead > Count)
            {
                Next?.BeginFirst();
            }

            return taken;
        }
    }

    private void BeginFirst()
    {
        lock (_lock)
        {
            if (!_passed.Contains(0))
            {
                Begin(0);
            }

            if (Count > 1 && !_passed.Contains(1))
            {
                Begin(1);
            }
        }
    }

    private Chunk Begin(int number)
    {
        if (_chunks.TryGetValue(number, out Chunk? known))
        {
            return known;
        }

        long start = StartOf(number);
        int lengthBytes = (int)Math.Min(number == 0 ? FirstBytes : ChunkBytes, entry.LengthBytes - start);
        Chunk chunk = new(lengthBytes,
            Task.Factory.StartNew(() => Fetch(number, start, lengthBytes), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default));
        _chunks.Add(number, chunk);
        _order.AddLast(number);
        if (_order.Count > MostKept)
        {
            _chunks.Remove(_order.First!.Value);
            _order.RemoveFirst();
        }

        return chunk;
    }

    private byte[] Fetch(int number, long start, int lengthBytes)
    {
        byte[] content = new byte[lengthBytes];
        if (number == 0 && head.Length > 0)
        {
            head.CopyTo(content, 0);
        }
        else
        {
            int position = 0;
            remote.Read(start, lengthBytes, bytes =>
            {
                bytes.CopyTo(content.AsMemory(position));
                position += bytes.Length;
            }, CancellationToken.None);
        }

        Pass(number, content);
        return content;
    }

    // Digests are taken in order; a few chunks wait for those before them.
    private void Pass(int number, byte[] content)
    {
        lock (_hashLock)
        {
            if (_hash is null || number < _hashed || !_waiting.TryAdd(number, content))
            {
                return;
            }

            while (_waiting.Remove(_hashed, out byte[]? next))
            {
                _hash.AppendData(next);
                _hashed++;
            }

            if (_hashed == Count)
            {
                IsCompared = Convert.ToHexStringLower(_hash.GetHashAndReset()) == entry.Digest;
                _isDamaged = !IsCompared;
            }

            if (_hashed == Count || _waiting.Count > MostWaiting)
            {
                _hash.Dispose();
                _hash = null;
                _waiting.Clear();
            }
        }

        ThrowIfDamaged();
    }

    private void Used(int number, Chunk chunk, int count)
    {
        lock (_lock)
        {
            chunk.LeftBytes -= count;
            if (chunk.LeftBytes <= 0 && _chunks.GetValueOrDefault(number) == chunk)
            {
                _chunks.Remove(number);
                _order.Remove(number);
                _passed.Add(number);
            }
        }
    }

    private sealed class Chunk(int lengthBytes, Task<byte[]> content)
    {
        public int LeftBytes { get; set; } = lengthBytes;

        public Task<byte[]> Content => content;
    }
}
