using MergeHost.Algebra;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary>A matrix that stays in its file until it is needed.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Columns">The number of columns.</param>
/// <param name="IsZero">Whether all numbers are 0.</param>
/// <param name="Read">Reads it; any thread may.</param>
internal sealed record StoredMatrix(int Rows, int Columns, bool IsZero, Func<Matrix<float>> Read)
{
    /// <summary>A matrix that is made of this one as it is read.</summary>
    public StoredMatrix Made(int rows, int columns, Func<Matrix<float>, Matrix<float>> make) =>
        new(rows, columns, IsZero, () => make(Read()));
}
