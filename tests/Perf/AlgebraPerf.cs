using System.Globalization;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Solve;
using MergeHost.Plugins.Spectral;
using MergeHost.Strategies;

namespace MergeHost.Perf;

/// <summary>
/// TSV-M and ACTMat of three experts on the matrices of a model of 1.2 billion weights, against the rate of one large product in float64 on
/// as many threads. Counted are products, factorisations' reductions and what transforms vectors back, and not the solving of what is left
/// of an eigenproblem: the share of the rate is what a program would need that did nothing but these at the rate of products.
/// </summary>
internal static class AlgebraPerf
{
    private const int Experts = 3;
    private const int Side = 2048;

    private static readonly (int Out, int In)[] _shapes = [(2048, 2048), (512, 2048), (8192, 2048), (2048, 8192)];

    /// <summary>Prints a table.</summary>
    /// <param name="method"><c>tsv_m</c> or <c>actmat</c>.</param>
    /// <param name="shapes">How many of the shapes, in order.</param>
    public static void Run(string method, int shapes)
    {
        ManagedLinearAlgebra algebra = new();
        double rate = Rate(algebra);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"product of [{Side}, {Side}] in float64, {Environment.ProcessorCount} threads: {rate / 1e9:F1} GFLOP for each second of a "
                + $"processor"));
        Console.WriteLine("| method | shape | seconds of processors | counted, GFLOP | share of the rate |\n|---|---|---|---|---|");
        foreach ((int rows, int columns) in _shapes.Take(shapes))
        {
            double seconds = Merge(method, rows, columns, algebra);
            double counted = method == "tsv_m" ? Tsv(rows, columns) : Actmat(rows, columns);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {method} | [{rows}, {columns}] | {seconds:F2} | {counted / 1e9:F1} | {counted / seconds / rate:P0} |"));
        }
    }

    private static double Rate(ManagedLinearAlgebra algebra)
    {
        Matrix<double> a = new(Side, Side, Random(Side, Side, 1).Select(value => (double)value).ToArray());
        double best = double.PositiveInfinity;
        for (int run = 0; run < 4; run++)
        {
            best = Math.Min(best, Seconds(() => algebra.Product(a, a)));
        }

        return 2.0 * Side * Side * Side / best;
    }

    private static double Merge(string method, int rows, int columns, ManagedLinearAlgebra algebra)
    {
        TensorInfo tensor = new("model.layers.0.mlp.up_proj.weight", DType.F32, [rows, columns]);
        (IMergeStrategy strategy, object options) = method == "tsv_m"
            ? ((IMergeStrategy)new TsvStrategy(), (object)new TsvOptions())
            : (new ActmatStrategy(), new ActmatOptions());
        WholeTensorTreatment treatment = (WholeTensorTreatment)strategy.Merge(new TensorGroup
        {
            Output = tensor,
            Base = tensor,
            Sources = [.. Enumerable.Range(0, Experts).Select(_ => (tensor, options))],
            Options = options,
        });
        WholeTensors tensors = new()
        {
            Output = tensor,
            Base = new(rows, columns),
            Sources = [.. Enumerable.Range(0, Experts).Select(seed => new Matrix<float>(rows, columns, Random(rows, columns, seed)))],
            Result = new(rows, columns),
        };
        return Seconds(() => treatment.Merge(tensors, algebra, default));
    }

    private static double Tsv(double rows, double columns)
    {
        double shorter = Math.Min(rows, columns);
        double longer = Math.Max(rows, columns);
        double kept = Math.Floor(shorter / Experts);
        double all = Experts * kept;
        return (Experts * ((shorter * shorter * longer) + Eigen(shorter, kept) + (2 * kept * shorter * longer)))
            + Polar(shorter, all) + Polar(longer, all) + (2 * rows * columns * all);
    }

    private static double Polar(double length, double count) =>
        (count * count * length) + Eigen(count, count) + (4 * count * count * length);

    private static double Actmat(double rows, double columns)
    {
        double stacked = Experts * rows;
        double side = Math.Min(columns, stacked);
        double shorter = Math.Min(rows, columns);
        return (side * side * Math.Max(columns, stacked)) + Eigen(side, side) + (stacked < columns ? 2 * columns * stacked * side : 0)
            + (Experts * 3 * shorter * rows * columns) + (4 * rows * columns * side);
    }

    // To a tridiagonal matrix, and vectors back from it.
    private static double Eigen(double side, double vectors) => (4.0 / 3 * side * side * side) + (2 * side * side * vectors);

    // Of all processors together, so that other programs do not count.
    private static double Seconds(Action run)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        run();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static float[] Random(int rows, int columns, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f)];
    }
}
