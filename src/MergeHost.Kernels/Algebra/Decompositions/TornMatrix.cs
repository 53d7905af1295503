using MergeHost.Kernels.Algebra.Matrices;

namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Makes the eigenpairs of a tridiagonal matrix from those of its two halves.</summary>
/// <remarks>
/// With ρ beside the diagonal at the tear, <c>T = diag(T₁, T₂) + |ρ|·u·uᵀ</c>, where u has 1 and ρ's sign at the tear. In the
/// eigenvectors of the halves that is <c>D + z·zᵀ</c>. Where z is negligible, or D has a number twice, eigenpairs stay as they
/// are; the others follow from the <see cref="SecularEquation"/>: the eigenvector of λ is <c>zⱼ/(dⱼ − λ)</c>, with that z for
/// which the roots as computed are exact, so that the vectors are orthogonal however close the roots are.
/// </remarks>
/// <seealso href="https://doi.org/10.1137/S0895479892241287">
/// Gu, Eisenstat, A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem
/// </seealso>
internal sealed unsafe class TornMatrix(MatrixProduct product, Workers workers)
{
    private const double Epsilon = 1.0 / (1L << 53);

    // The whole matrix has numbers of about 1. What is negligible in a part that is smaller than this is measured by this, so
    // that products of four numbers stay in range.
    private const double Smallest = 1e-20;
    private const int RowsOfPart = 32;
    private const int ColumnsOfPart = 256;

    // Where an eigenvector is not zero.
    private enum Support
    {
        First,
        Both,
        Second,
    }

    /// <summary>Mends one tear.</summary>
    /// <param name="values">The eigenvalues of the halves; becomes those of the whole, in no order.</param>
    /// <param name="vectors">The eigenvectors in the same order, one a row, zero beyond their half; becomes the whole's.</param>
    /// <param name="tear">The first row of the second half.</param>
    /// <param name="rho">What was beside the diagonal; both halves' diagonals are smaller by its magnitude.</param>
    /// <param name="rows">Room of the vectors' size.</param>
    /// <param name="combinations">Room of the vectors' size.</param>
    public void Mend(
        Span<double> values, View<double> vectors, int tear, double rho, View<double> rows, View<double> combinations)
    {
        int n = values.Length;
        List<Pair> live = [];
        List<Pair> settled = [];
        Deflate(Pairs(values, vectors, tear, rho), rho, n, live, settled);
        Pair[] grouped = [.. live.OrderBy(pair => pair.Support)];
        for (int i = 0; i < grouped.Length; i++)
        {
            grouped[i].Column = i;
        }

        double[] roots = Combine([.. live], rows, combinations);
        Pair[] all = [.. grouped, .. settled];
        for (int i = 0; i < n; i++)
        {
            values[i] = i < roots.Length ? roots[i] : all[i].Value;
            Copy(all[i].Vector, rows.At(i, 0), n);
        }

        int count = grouped.Length;
        int second = grouped.Count(pair => pair.Support == Support.First);
        int end = grouped.Count(pair => pair.Support != Support.Second);
        vectors.Block(0, 0, count, n).Clear();
        product.Add(vectors.Block(0, 0, count, tear), combinations.Block(0, 0, count, end), rows.Block(0, 0, end, tear));
        product.Add(
            vectors.Block(0, tear, count, n - tear),
            combinations.Block(0, second, count, count - second),
            rows.Block(second, tear, count - second, n - tear));
        for (int i = count; i < n; i++)
        {
            Copy(rows.At(i, 0), vectors.At(i, 0), n);
        }
    }

    private static Pair[] Pairs(Span<double> values, View<double> vectors, int tear, double rho)
    {
        Pair[] pairs = new Pair[values.Length];
        double weight = double.Sqrt(double.Abs(rho));
        for (int i = 0; i < pairs.Length; i++)
        {
            bool isFirst = i < tear;
            pairs[i] = new()
            {
                Value = values[i],
                Z = weight * (isFirst ? *vectors.At(i, tear - 1) : double.Sign(rho) * *vectors.At(i, tear)),
                Vector = vectors.At(i, 0),
                Support = isFirst ? Support.First : Support.Second,
            };
        }

        return [.. pairs.OrderBy(pair => pair.Value)];
    }

    // Of two pairs whose values are so near that a rotation, which gives all of z to one of them, leaves next to nothing beside
    // the diagonal, the other is settled.
    private static void Deflate(Pair[] pairs, double rho, int n, List<Pair> live, List<Pair> settled)
    {
        double largest = double.Max(double.Abs(pairs[0].Value), double.Abs(pairs[^1].Value));
        double negligible = 8 * Epsilon * double.Max(Smallest, double.Max(largest, double.Abs(rho)));
        double weight = double.Sqrt(double.Abs(rho));
        Pair? pending = null;
        foreach (Pair pair in pairs)
        {
            if (weight * double.Abs(pair.Z) <= negligible)
            {
                settled.Add(pair);
                continue;
            }

            if (pending is not null)
            {
                double length = double.Hypot(pending.Z, pair.Z);
                double cosine = pair.Z / length;
                double sine = -pending.Z / length;
                if (double.Abs((pair.Value - pending.Value) * cosine * sine) <= negligible)
                {
                    Rotate(pending, pair, cosine, sine, n);
                    settled.Add(pending);
                }
                else
                {
                    live.Add(pending);
                }
            }

            pending = pair;
        }

        if (pending is not null)
        {
            live.Add(pending);
        }
    }

    private static void Rotate(Pair first, Pair second, double cosine, double sine, int n)
    {
        for (int i = 0; i < n; i++)
        {
            double x = first.Vector[i];
            double y = second.Vector[i];
            first.Vector[i] = (cosine * x) + (sine * y);
            second.Vector[i] = (cosine * y) - (sine * x);
        }

        second.Z = (cosine * second.Z) - (sine * first.Z);
        (first.Value, second.Value) = (
            (cosine * cosine * first.Value) + (sine * sine * second.Value),
            (sine * sine * first.Value) + (cosine * cosine * second.Value));
        second.Support = first.Support == second.Support ? first.Support : Support.Both;
    }

    // Finds the roots and, in the rows of combinations, each root's eigenvector in terms of the grouped pairs.
    private double[] Combine(Pair[] live, View<double> room, View<double> combinations)
    {
        int count = live.Length;
        double[] d = [.. live.Select(pair => pair.Value)];
        double[] squares = [.. live.Select(pair => pair.Z * pair.Z)];
        double[] roots = new double[count];
        workers.Run(count, RowsOfPart, (first, rows) =>
        {
            for (int i = first; i < first + rows; i++)
            {
                roots[i] = SecularEquation.Root(d, squares, i, new Span<double>(room.At(i, 0), count));
            }
        });

        double[] z = ExactZ(live, d, room);
        workers.Run(count, RowsOfPart, (first, rows) =>
        {
            for (int i = first; i < first + rows; i++)
            {
                double* distances = room.At(i, 0);
                double* combination = combinations.At(i, 0);
                double square = 0;
                for (int j = 0; j < count; j++)
                {
                    distances[j] = z[j] / distances[j];
                    square += distances[j] * distances[j];
                }

                double scale = 1 / double.Sqrt(square);
                for (int j = 0; j < count; j++)
                {
                    combination[live[j].Column] = scale * distances[j];
                }
            }
        });
        return roots;
    }

    // zⱼ² = Π(λᵢ − dⱼ) / Π(dᵢ − dⱼ), the second product without i = j.
    private double[] ExactZ(Pair[] live, double[] d, View<double> distances)
    {
        int count = d.Length;
        double[] z = new double[count];
        workers.Run(count, ColumnsOfPart, (start, columns) =>
        {
            int end = start + columns;
            z.AsSpan(start, columns).Fill(1);
            for (int i = 0; i < count; i++)
            {
                double* row = distances.At(i, 0);
                for (int j = start; j < end; j++)
                {
                    z[j] *= i == j ? -row[j] : row[j] / (d[j] - d[i]);
                }
            }

            for (int j = start; j < end; j++)
            {
                z[j] = double.CopySign(double.Sqrt(z[j]), live[j].Z);
            }
        });
        return z;
    }

    private static void Copy(double* source, double* destination, int count) =>
        new Span<double>(source, count).CopyTo(new Span<double>(destination, count));

    // An eigenpair of one half.
    private sealed class Pair
    {
        public double Value { get; set; }

        public double Z { get; set; }

        public required double* Vector { get; init; }

        public Support Support { get; set; }

        public int Column { get; set; }
    }
}
