using System.Runtime.InteropServices;

namespace MergeHost.Running.Scheduling;

/// <summary>Memory for whole tensors, of one fixed size, that is taken from the system once and handed out again and again.</summary>
/// <remarks>
/// Fresh memory costs more than reading a tensor does, so it is never given back before the end; pages that are never used are never
/// taken. On Linux it is asked for in huge pages. May be used from several threads at once.
/// </remarks>
internal sealed unsafe class NativeArena : IDisposable
{
    private const nuint Alignment = 2 << 20;
    private const long Grain = 64 << 10;

    private readonly Lock _lock = new();
    private readonly SortedList<long, long> _free = [];
    private readonly byte* _memory;

    /// <param name="bytes">The size.</param>
    public NativeArena(long bytes)
    {
        Bytes = bytes / Grain * Grain;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(Bytes, 1), Alignment);
        HugePages.Advise(_memory, Bytes);
        if (Bytes > 0)
        {
            _free.Add(0, Bytes);
        }
    }

    /// <summary>The size.</summary>
    public long Bytes { get; }

    /// <summary>Whether a piece of that size is free.</summary>
    public bool HasRoomFor(long bytes)
    {
        lock (_lock)
        {
            return _free.Values.Any(length => length >= Rounded(bytes));
        }
    }

    /// <summary>Takes a piece, or <see langword="null"/> if none of that size is free.</summary>
    public byte* TryTake(long bytes)
    {
        long rounded = Rounded(bytes);
        lock (_lock)
        {
            for (int i = 0; i < _free.Count; i++)
            {
                (long offset, long length) = (_free.GetKeyAtIndex(i), _free.GetValueAtIndex(i));
                if (length < rounded)
                {
                    continue;
                }

                _free.RemoveAt(i);
                if (length > rounded)
                {
                    _free.Add(offset + rounded, length - rounded);
                }

                return _memory + offset;
            }
        }

        return null;
    }

    /// <summary>Gives a piece back.</summary>
    public void Return(byte* piece, long bytes)
    {
        lock (_lock)
        {
            long offset = piece - _memory;
            _free.Add(offset, Rounded(bytes));
            int index = _free.IndexOfKey(offset);
            Join(index);
            Join(index - 1);
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private static long Rounded(long bytes) => Math.Max(1, (bytes + Grain - 1) / Grain) * Grain;

    // Joins a free piece with the next, if they touch.
    private void Join(int index)
    {
        if (index < 0 || index + 1 >= _free.Count)
        {
            return;
        }

        long end = _free.GetKeyAtIndex(index) + _free.GetValueAtIndex(index);
        if (end == _free.GetKeyAtIndex(index + 1))
        {
            _free.SetValueAtIndex(index, _free.GetValueAtIndex(index) + _free.GetValueAtIndex(index + 1));
            _free.RemoveAt(index + 1);
        }
    }
}
