namespace MergeHost.Plugins.Packings.Reading;

/// <summary>Keeps the bands of transposed weights that were read last, so that a run goes on where the one before it ended.</summary>
/// <param name="most">How many are kept.</param>
internal sealed class BandCache(int most = 8)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<((object Weight, long Matrix, int Band) Key, Lazy<float[]> Values)> _bands = new();

    /// <summary>The band, which is made once however many threads ask for it.</summary>
    public float[] Get((object Weight, long Matrix, int Band) key, Func<float[]> make)
    {
        Lazy<float[]> values;
        lock (_lock)
        {
            LinkedListNode<((object, long, int) Key, Lazy<float[]> Values)>? node = _bands.First;
            while (node is not null && node.Value.Key != key)
            {
                node = node.Next;
            }

            if (node is not null)
            {
                _bands.Remove(node);
            }
            else
            {
                node = new((key, new Lazy<float[]>(make)));
            }

            _bands.AddFirst(node);
            if (_bands.Count > most)
            {
                _bands.RemoveLast();
            }

            values = node.Value.Values;
        }

        return values.Value;
    }
}
