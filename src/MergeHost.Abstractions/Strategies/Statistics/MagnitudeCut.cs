namespace MergeHost.Strategies;

/// <summary>Which elements of a tensor are among the largest by magnitude.</summary>
/// <param name="Threshold">The smallest magnitude that is kept, at least 0; +∞ when none is.</param>
/// <param name="TieEnd">
/// Elements whose magnitude is just <paramref name="Threshold"/> are kept when their flat index is below this; 0 keeps none
/// of them, <see cref="long.MaxValue"/> all.
/// </param>
public readonly record struct MagnitudeCut(float Threshold, long TieEnd)
{
    /// <summary>Whether the element at a flat index is kept; NaN never is.</summary>
    public bool Keeps(float value, long index) =>
        MathF.Abs(value) > Threshold || (MathF.Abs(value) == Threshold && index < TieEnd);
}
