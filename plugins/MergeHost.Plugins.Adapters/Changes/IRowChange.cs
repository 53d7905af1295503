namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>A change to a matrix that can be made to some rows at a time; called from several threads at once.</summary>
internal interface IRowChange
{
    /// <summary>How many rows belong together: runs begin at multiples of it, and end at one or at the matrix's end.</summary>
    int RowGroup => 1;

    /// <summary>Changes rows in place.</summary>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="values">Whole rows of the matrix.</param>
    /// <param name="columns">The length of a row.</param>
    void Apply(int firstRow, Span<float> values, int columns);
}
