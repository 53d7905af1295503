namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What the columns of a weight matter; of a stack of experts, matrix after matrix.</summary>
internal sealed class Importance
{
    private readonly float[] _means;
    private readonly int? _matrices;

    private Importance(float[] means, int? matrices)
    {
        _means = means;
        _matrices = matrices;
    }

    /// <summary>Makes means of the sums of matrices that took part in unlike numbers of calls.</summary>
    /// <param name="sums">The sums of squares, matrix after matrix.</param>
    /// <param name="counts">What the sums of each matrix are divided by; one that never took part counts alike everywhere.</param>
    /// <returns><see langword="null"/> if they do not fit each other, or are no sums of squares.</returns>
    public static Importance? OfMatrices(float[] sums, float[] counts)
    {
        if (counts.Length == 0 || sums.Length % counts.Length != 0 || !AreSums(sums))
        {
            return null;
        }

        int columns = sums.Length / counts.Length;
        return new Importance([.. sums.Select((sum, index) => counts[index / columns] > 0 ? sum / counts[index / columns] : 1)],
            counts.Length);
    }

    /// <summary>Makes means of sums that took part in calls together; how many matrices they are of is not known.</summary>
    /// <param name="sums">The sums of squares, matrix after matrix.</param>
    /// <param name="calls">What they are divided by; the sums are taken as they are if it is not positive.</param>
    /// <returns><see langword="null"/> if they are no sums of squares.</returns>
    public static Importance? OfCalls(float[] sums, int calls) =>
        AreSums(sums) ? new Importance(calls > 0 ? [.. sums.Select(sum => sum / calls)] : sums, null) : null;

    /// <summary>What the columns of a matrix matter, or <see langword="null"/> if this is of matrices of other columns.</summary>
    /// <param name="columns">How many there are.</param>
    /// <param name="expert">Which matrix of the stack, or <see langword="null"/> for a weight that is none.</param>
    public float[]? OfMatrix(int columns, int? expert)
    {
        bool fits = columns > 0 && _means.Length % columns == 0 && (_matrices ?? _means.Length / columns) == _means.Length / columns
            && (expert is { } number ? number < _means.Length / columns : _means.Length == columns);
        return !fits ? null : expert is null ? _means : _means.AsSpan(expert.Value * columns, columns).ToArray();
    }

    /// <summary>Its size, in words.</summary>
    public string Describe() =>
        _matrices is > 1 ? $"{_matrices} matrices of {_means.Length / _matrices} columns" : $"{_means.Length} columns";

    private static bool AreSums(float[] sums) => Array.TrueForAll(sums, sum => float.IsFinite(sum) && sum >= 0);
}
