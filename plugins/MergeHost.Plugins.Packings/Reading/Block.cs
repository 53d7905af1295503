namespace MergeHost.Plugins.Packings.Reading;

/// <summary>A rectangle of a matrix.</summary>
/// <param name="Row">Its first row.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="Column">Its first column.</param>
/// <param name="Columns">How many columns it has.</param>
internal readonly record struct Block(long Row, int Rows, long Column, int Columns)
{
    public int Count => checked(Rows * Columns);
}
