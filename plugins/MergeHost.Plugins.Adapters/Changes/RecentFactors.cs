namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Factors that are read when a tensor needs them; those of the tensors that were read last stay in memory.</summary>
/// <remarks>Tensors are read one after the other, a few at once: an adapter's factors take no
/// more room than those of a few modules.</remarks>
internal sealed class RecentFactors
{
    // One for each tensor that threads may be at, and some that have just begun or end.
    private static readonly int _kept = Math.Max(4, Environment.ProcessorCount + 2);

    private readonly Lock _lock = new();
    private readonly LinkedList<(object Key, Lazy<IReadOnlyList<PackedFactors>> Factors)> _recent = [];

    /// <summary>Gives what reads some factors, or finds them in memory.</summary>
    public Func<IReadOnlyList<PackedFactors>> Keep(Func<IReadOnlyList<Factors>> read)
    {
        object key = new();
        return () => Find(key, read).Value;
    }

    private Lazy<IReadOnlyList<PackedFactors>> Find(object key, Func<IReadOnlyList<Factors>> read)
    {
        lock (_lock)
        {
            LinkedListNode<(object Key, Lazy<IReadOnlyList<PackedFactors>> Factors)>? node = _recent.First;
            while (node is not null && node.Value.Key != key)
            {
                node = node.Next;
            }

            if (node is null)
            {
                node = new((key, new Lazy<IReadOnlyList<PackedFactors>>(() => PackedFactors.Of(read()))));
                while (_recent.Count >= _kept)
                {
                    _recent.RemoveLast();
                }
            }
            else
            {
                _recent.Remove(node);
            }

            _recent.AddFirst(node);
            return node.Value.Factors;
        }
    }
}
