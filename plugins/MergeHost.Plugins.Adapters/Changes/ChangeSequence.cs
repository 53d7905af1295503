namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Changes that are made one after the other, as one.</summary>
internal sealed class ChangeSequence(params IReadOnlyList<IRowChange> changes) : IRowChange
{
    public void Apply(int firstRow, Span<float> values, int columns)
    {
        foreach (IRowChange change in changes)
        {
            change.Apply(firstRow, values, columns);
        }
    }
}
