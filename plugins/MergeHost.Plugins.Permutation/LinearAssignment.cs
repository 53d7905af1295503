using MergeHost.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>The linear assignment problem, solved exactly: shortest augmenting paths after a reduction of columns and rows.</summary>
/// <seealso href="https://doi.org/10.1007/BF02278710">A shortest augmenting path algorithm for dense
/// and sparse linear assignment problems</seealso>
internal static class LinearAssignment
{
    // Of the reduction of rows, which only makes the paths fewer: costs that hardly differ could keep it busy for very long.
    private const int StepsPerRow = 20;

    /// <summary>The permutation p with the largest <c>Σ gain[i, p(i)]</c>.</summary>
    /// <param name="gain">Square and finite.</param>
    /// <returns>p(i) by i.</returns>
    public static int[] Maximise(Matrix<float> gain)
    {
        int n = gain.Rows;
        int[] columnOf = new int[n];
        int[] rowOf = new int[n];
        columnOf.AsSpan().Fill(-1);
        double[] prices = ReduceColumns(gain, columnOf, rowOf);
        List<int> free = [.. Enumerable.Range(0, n).Where(row => columnOf[row] < 0)];
        if (n > 1)
        {
            free = ReduceRows(gain, prices, columnOf, rowOf, ReduceRows(gain, prices, columnOf, rowOf, free));
        }

        Path path = new(gain, prices, columnOf, rowOf);
        foreach (int row in free)
        {
            path.Augment(row);
        }

        return columnOf;
    }

    // A cost is a gain with the other sign. The price of a column is its least cost, and the first
    // row that has it gets the column if it has none.
    private static double[] ReduceColumns(Matrix<float> gain, int[] columnOf, int[] rowOf)
    {
        float[] largest = gain.Row(0).ToArray();
        int[] best = new int[largest.Length];
        for (int row = 1; row < gain.Rows; row++)
        {
            ReadOnlySpan<float> gains = gain.Row(row);
            for (int column = 0; column < gains.Length; column++)
            {
                if (gains[column] > largest[column])
                {
                    largest[column] = gains[column];
                    best[column] = row;
                }
            }
        }

        for (int column = 0; column < best.Length; column++)
        {
            bool isFree = columnOf[best[column]] < 0;
            rowOf[column] = isFree ? best[column] : -1;
            if (isFree)
            {
                columnOf[best[column]] = column;
            }
        }

        return [.. largest.Select(value => -(double)value)];
    }

    // Each free row takes the column that is cheapest for it, at a price that makes it as dear as its second; who had it is free.
    private static List<int> ReduceRows(Matrix<float> gain, double[] prices, int[] columnOf, int[] rowOf, List<int> free)
    {
        List<int> later = [];
        Stack<int> open = new(Enumerable.Reverse(free));
        for (long steps = (long)StepsPerRow * gain.Rows; open.TryPop(out int row); steps--)
        {
            (int first, int second, double difference) = Cheapest(gain.Row(row), prices);
            double price = prices[first] - difference;
            bool lowers = price < prices[first];
            if (lowers)
            {
                prices[first] = price;
            }
            else if (rowOf[first] >= 0)
            {
                first = second;
            }

            int owner = rowOf[first];
            (columnOf[row], rowOf[first]) = (first, row);
            if (owner >= 0)
            {
                columnOf[owner] = -1;
                if (lowers && steps > 0)
                {
                    open.Push(owner);
                }
                else
                {
                    later.Add(owner);
                }
            }
        }

        return later;
    }

    private static (int First, int Second, double Difference) Cheapest(ReadOnlySpan<float> gains, double[] prices)
    {
        (int first, int second) = (-1, -1);
        (double least, double next) = (double.PositiveInfinity, double.PositiveInfinity);
        for (int column = 0; column < gains.Length; column++)
        {
            double cost = -gains[column] - prices[column];
            if (cost < next)
            {
                (second, next) = (column, cost);
                if (cost < least)
                {
                    (first, second, least, next) = (column, first, cost, least);
                }
            }
        }

        return (first, second, next - least);
    }

    /// <summary>Finds a column for one row more, by the cheapest chain of rows that each move to another column.</summary>
    private sealed class Path(Matrix<float> gain, double[] prices, int[] columnOf, int[] rowOf)
    {
        private readonly double[] _distance = new double[prices.Length];
        private readonly int[] _before = new int[prices.Length];

        // Columns: those that are settled, then those at the least distance, then the others.
        private readonly int[] _columns = new int[prices.Length];

        public void Augment(int row)
        {
            ReadOnlySpan<float> gains = gain.Row(row);
            for (int column = 0; column < gains.Length; column++)
            {
                (_distance[column], _before[column], _columns[column]) = (-gains[column] - prices[column], row, column);
            }

            (int settled, int near) = (0, 0);
            double least = 0;
            int last;
            int end = -1;
            do
            {
                last = settled;
                (near, least) = Nearest(settled);
                end = FirstFree(_columns.AsSpan(settled, near - settled));
                while (end < 0 && settled < near)
                {
                    end = Relax(_columns[settled++], ref near, least);
                }
            }
            while (end < 0);

            foreach (int column in _columns.AsSpan(0, last))
            {
                prices[column] += _distance[column] - least;
            }

            for (int owner = -1; owner != row;)
            {
                owner = _before[end];
                rowOf[end] = owner;
                (end, columnOf[owner]) = (columnOf[owner], end);
            }
        }

        // Puts the columns at the least distance behind those that are settled.
        private (int Near, double Least) Nearest(int settled)
        {
            int near = settled;
            double least = double.PositiveInfinity;
            for (int k = settled; k < _columns.Length; k++)
            {
                int column = _columns[k];
                if (_distance[column] <= least)
                {
                    if (_distance[column] < least)
                    {
                        (least, near) = (_distance[column], settled);
                    }

                    _columns[k] = _columns[near];
                    _columns[near++] = column;
                }
            }

            return (near, least);
        }

        private int FirstFree(ReadOnlySpan<int> columns)
        {
            foreach (int column in columns)
            {
                if (rowOf[column] < 0)
                {
                    return column;
                }
            }

            return -1;
        }

        // The ways on from a column, over the row that has it; a free column at the least distance ends the search.
        private int Relax(int from, ref int near, double least)
        {
            int owner = rowOf[from];
            ReadOnlySpan<float> gains = gain.Row(owner);
            double offset = -gains[from] - prices[from] - least;
            for (int k = near; k < _columns.Length; k++)
            {
                int column = _columns[k];
                double distance = -gains[column] - prices[column] - offset;
                if (distance >= _distance[column])
                {
                    continue;
                }

                (_distance[column], _before[column]) = (distance, owner);
                if (distance <= least)
                {
                    if (rowOf[column] < 0)
                    {
                        return column;
                    }

                    _columns[k] = _columns[near];
                    _columns[near++] = column;
                }
            }

            return -1;
        }
    }
}
