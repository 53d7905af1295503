using MergeHost.Algebra;
using MergeHost.Plugins.Permutation;

namespace MergeHost.Plugins.Tests.Permutation;

public sealed class LinearAssignmentTests
{
    // Small whole numbers make many ties.
    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    [InlineData(6, 10)]
    [InlineData(7, 1_000_000)]
    public void Maximise_OfSmallMatrices_IsTheBestOfAllPermutations(int n, int range)
    {
        Random random = new(n);
        for (int trial = 0; trial < 20; trial++)
        {
            Matrix<float> gain = new(n, n, Enumerable.Range(0, n * n).Select(_ => (float)random.Next(-range, range + 1)).ToArray());
            int[] found = LinearAssignment.Maximise(gain);
            Assert.Equal(Enumerable.Range(0, n), found.Order());
            Assert.Equal(Permutations(n).Max(order => Total(gain, order)), Total(gain, found));
        }
    }

    // The gains are of inner products of random vectors, so that nothing is on the diagonal and reductions do not end it.
    [Theory]
    [InlineData(40, 3)]
    [InlineData(150, 8)]
    [InlineData(150, 400)]
    public void Maximise_OfLargeMatrices_IsAsGoodAsTheMethodOfHungarians(int n, int length)
    {
        Random random = new(length);
        float[][] a = [.. Enumerable.Range(0, n).Select(_ => Vector(random, length))];
        float[][] b = [.. Enumerable.Range(0, n).Select(_ => Vector(random, length))];
        Matrix<float> gain = new(n, n);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                gain[i, j] = a[i].Zip(b[j], (x, y) => x * y).Sum();
            }
        }

        int[] found = LinearAssignment.Maximise(gain);
        Assert.Equal(Enumerable.Range(0, n), found.Order());
        Assert.Equal(Hungarian(gain), Total(gain, found), 1e-6);
    }

    [Fact]
    public void Maximise_OfEqualGains_LeavesNothingOut() =>
        Assert.Equal(Enumerable.Range(0, 9), LinearAssignment.Maximise(new(9, 9)).Order());

    private static float[] Vector(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];

    private static double Total(Matrix<float> gain, IReadOnlyList<int> order) =>
        order.Select((column, row) => (double)gain[row, column]).Sum();

    private static IEnumerable<IReadOnlyList<int>> Permutations(int n) =>
        n == 0
            ? [[]]
            : Permutations(n - 1)
                .SelectMany(shorter => Enumerable.Range(0, n)
                    .Select(place => (IReadOnlyList<int>)[.. shorter.Take(place), n - 1, .. shorter.Skip(place)]));

    // Kuhn and Munkres, row by row with potentials, numbered from 1: another algorithm, in float64.
    private static double Hungarian(Matrix<float> gain)
    {
        int n = gain.Rows;
        double[] u = new double[n + 1];
        double[] v = new double[n + 1];
        int[] match = new int[n + 1];
        int[] way = new int[n + 1];
        for (int i = 1; i <= n; i++)
        {
            match[0] = i;
            int j0 = 0;
            double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, n + 1)];
            bool[] used = new bool[n + 1];
            do
            {
                used[j0] = true;
                int i0 = match[j0];
                int j1 = 0;
                double delta = double.PositiveInfinity;
                for (int j = 1; j <= n; j++)
                {
                    if (used[j])
                    {
                        continue;
                    }

                    double cost = -gain[i0 - 1, j - 1] - u[i0] - v[j];
                    if (cost < least[j])
                    {
                        (least[j], way[j]) = (cost, j0);
                    }

                    if (least[j] < delta)
                    {
                        (delta, j1) = (least[j], j);
                    }
                }

                for (int j = 0; j <= n; j++)
                {
                    if (used[j])
                    {
                        u[match[j]] += delta;
                        v[j] -= delta;
                    }
                    else
                    {
                        least[j] -= delta;
                    }
                }

                j0 = j1;
            }
            while (match[j0] != 0);
            for (; j0 != 0; j0 = way[j0])
            {
                match[j0] = match[way[j0]];
            }
        }

        return Enumerable.Range(1, n).Sum(j => (double)gain[match[j] - 1, j - 1]);
    }
}
