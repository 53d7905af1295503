using System.Buffers;
using MergeHost.Plugins.PyTorch.Pickles;

namespace MergeHost.Plugins.PyTorch.Tensors;

/// <summary>A tensor whose bytes can be read: runs of elements in row-major order, whatever the order in which they are stored.</summary>
internal sealed class StoredTensor
{
    // Shorter runs are gathered from pages, so that not each is a read of its own.
    private const int LeastRunBytes = 512;
    private const int PageBytes = 4096;
    private const int MostPages = 8192;

    private readonly ByteSource _bytes;
    private readonly long _start;
    private readonly int _elementBytes;
    private readonly bool _isBigEndian;
    private readonly bool _isNegated;

    // Dimensions of size 1 are left out, and those that follow each other without a gap are one.
    private readonly long[] _sizes;
    private readonly long[] _strides;

    /// <param name="tensor">The view.</param>
    /// <param name="storage">The bytes of its storage.</param>
    /// <param name="isBigEndian">Whether each element has its most significant byte first.</param>
    public StoredTensor(TorchTensor tensor, ByteSource storage, bool isBigEndian)
    {
        _bytes = storage;
        _elementBytes = tensor.Type.BlockBytes;
        _start = checked((tensor.Storage.FirstElement + tensor.Offset) * _elementBytes);
        _isBigEndian = isBigEndian && _elementBytes > 1;
        _isNegated = tensor.IsNegated;
        (_sizes, _strides) = Simplify(tensor.Sizes, tensor.Strides);
    }

    /// <summary>Fills a span with a run of elements.</summary>
    public void Read(long firstElement, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        long run = _sizes.Length == 0 ? 1 : _strides[^1] == 1 ? _sizes[^1] : 1;
        if (_sizes.Length == 0 || (_sizes.Length == 1 && run > 1))
        {
            _bytes.Read(_start + (firstElement * _elementBytes), destination);
        }
        else if (run * _elementBytes >= LeastRunBytes)
        {
            ReadRuns(firstElement, run, destination);
        }
        else
        {
            Gather(firstElement, destination);
        }

        Correct(destination);
    }

    private static (long[] Sizes, long[] Strides) Simplify(long[] sizes, long[] strides)
    {
        List<(long Size, long Stride)> kept = [];
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 1)
            {
                continue;
            }

            if (kept.Count > 0 && kept[^1].Stride == (Int128)sizes[i] * strides[i])
            {
                kept[^1] = (kept[^1].Size * sizes[i], strides[i]);
            }
            else
            {
                kept.Add((sizes[i], strides[i]));
            }
        }

        return ([.. kept.Select(dimension => dimension.Size)], [.. kept.Select(dimension => dimension.Stride)]);
    }

    private void ReadRuns(long element, long run, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long within = element % run;
            int length = (int)Math.Min((run - within) * _elementBytes, destination.Length);
            _bytes.Read(Place(element), destination[..length]);
            destination = destination[length..];
            element += run - within;
        }
    }

    // Elements that are far from their neighbours: a page that holds one of them soon holds the next.
    private void Gather(long element, Span<byte> destination)
    {
        Dictionary<long, byte[]> pages = [];
        long lastPage = -1;
        byte[] page = [];
        try
        {
            for (; !destination.IsEmpty; element++, destination = destination[_elementBytes..])
            {
                // Pages are counted from the tensor's start, so that no element lies across two.
                long place = Place(element) - _start;
                long number = place / PageBytes;
                if (number != lastPage)
                {
                    lastPage = number;
                    page = FindPage(pages, number);
                }

                page.AsSpan((int)(place % PageBytes), _elementBytes).CopyTo(destination);
            }
        }
        finally
        {
            Return(pages);
        }
    }

    private byte[] FindPage(Dictionary<long, byte[]> pages, long number)
    {
        if (pages.TryGetValue(number, out byte[]? known))
        {
            return known;
        }

        if (pages.Count == MostPages)
        {
            Return(pages);
        }

        byte[] page = ArrayPool<byte>.Shared.Rent(PageBytes);
        pages.Add(number, page);
        long start = _start + (number * PageBytes);
        _bytes.Read(start, page.AsSpan(0, (int)Math.Min(PageBytes, _bytes.LengthBytes - start)));
        return page;
    }

    private static void Return(Dictionary<long, byte[]> pages)
    {
        foreach (byte[] page in pages.Values)
        {
            ArrayPool<byte>.Shared.Return(page);
        }

        pages.Clear();
    }

    // Where an element is in the storage, in bytes.
    private long Place(long element)
    {
        long place = 0;
        for (int i = _sizes.Length - 1; i >= 0; i--)
        {
            (element, long index) = Math.DivRem(element, _sizes[i]);
            place += index * _strides[i];
        }

        return _start + (place * _elementBytes);
    }

    private void Correct(Span<byte> elements)
    {
        if (_isBigEndian)
        {
            for (int i = 0; i < elements.Length; i += _elementBytes)
            {
                elements.Slice(i, _elementBytes).Reverse();
            }
        }

        for (int i = _elementBytes - 1; _isNegated && i < elements.Length; i += _elementBytes)
        {
            elements[i] ^= 0x80;
        }
    }
}
