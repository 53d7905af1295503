using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class TranspositionTests
{
    [Fact]
    public void Transpose_PutsRowsInThePlaceOfColumns()
    {
        Matrix<double> transposed = new Matrix<double>(2, 3, (double[])[1, 2, 3, 4, 5, 6]).Transpose();
        Assert.Equal((3, 2), (transposed.Rows, transposed.Columns));
        Assert.Equal([1, 4, 2, 5, 3, 6], transposed.Elements.ToArray());
    }
}
