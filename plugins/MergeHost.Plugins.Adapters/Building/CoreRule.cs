using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Selection;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Merges the small matrices of a core space.</summary>
/// <param name="options">The method and its λ.</param>
/// <param name="seed">The seed of everything random.</param>
internal sealed class CoreRule(LoraMergeOptions options, long seed)
{
    private bool Votes => options.Method is CoreMethod.Ties or CoreMethod.DareTies;

    private bool Drops => options.Method is CoreMethod.DareLinear or CoreMethod.DareTies;

    /// <summary>Whether the result is a sum of the changes with a factor each.</summary>
    public bool IsSum => options.Method is CoreMethod.TaskArithmetic or CoreMethod.Linear;

    /// <summary>The factor of each change in a sum; a mean is over all adapters, for one that
    /// leaves a module as it is counts too.</summary>
    public IReadOnlyList<double> Factors(IEnumerable<double> weights)
    {
        double total = options.Adapters.Sum(adapter => adapter.Weight);
        double factor = options.Lambda / (options.Method == CoreMethod.Linear && Math.Abs(total) >= 1e-8 ? total : 1);
        return [.. weights.Select(weight => factor * weight)];
    }

    /// <summary>Merges some matrices of one shape; they are overwritten.</summary>
    /// <param name="cores">The matrices.</param>
    /// <param name="adapters">The adapter of each, and its place among all.</param>
    /// <param name="module">The module, for what is random.</param>
    /// <param name="least">The least extent of the matrices in the model.</param>
    /// <param name="algebra">Matrix operations.</param>
    public Matrix<float> Merge(
        IReadOnlyList<Matrix<float>> cores, IReadOnlyList<(MergedAdapter Adapter, int Index)> adapters, string module, int least,
        ILinearAlgebra algebra)
    {
        if (options.Method != CoreMethod.TsvM)
        {
            return Merge(cores, adapters, module);
        }

        // What is orthonormal in the space is so in the model.
        int share = Math.Max(1, least / options.Adapters.Count);
        Directions all = Directions.Join([.. cores.Zip(adapters,
            (core, adapter) => Directions.Of(core.Times(adapter.Adapter.Weight), algebra, share))]);
        return all.Orthogonal(algebra).With([.. all.S.Select(value => options.Lambda * value)], algebra);
    }

    /// <summary>
    /// The factor of each change of a tensor that is no product, or <see langword="null"/> if it is not merged as a
    /// sum. TSV-M takes the mean, as its strategy does.
    /// </summary>
    public IReadOnlyList<double>? SumFactors(IEnumerable<double> weights) => IsSum ? Factors(weights)
        : options.Method == CoreMethod.TsvM ? [.. weights.Select(weight => options.Lambda * weight / options.Adapters.Count)] : null;

    /// <summary>Merges vectors, which are in no space but the model's; they are overwritten.</summary>
    public Matrix<float> MergeVectors(IReadOnlyList<Matrix<float>> vectors, IReadOnlyList<(MergedAdapter Adapter, int Index)> adapters,
        string name) =>
        SumFactors(adapters.Select(adapter => adapter.Adapter.Weight)) is { } factors
            ? Sum(vectors, factors)
            : Merge(vectors, adapters, name);

    private Matrix<float> Merge(IReadOnlyList<Matrix<float>> cores, IReadOnlyList<(MergedAdapter Adapter, int Index)> adapters,
        string module)
    {
        foreach ((Matrix<float> core, (MergedAdapter adapter, int index)) in cores.Zip(adapters))
        {
            if (Drops)
            {
                Drop(core.Elements.Span, adapter.Density, new Philox(seed, index, module));
            }
            else if (Votes)
            {
                SmallSelection.Trim(core.Elements.Span, (int)(adapter.Density * core.Elements.Length));
            }
        }

        double[] weights = [.. adapters.Select(adapter => adapter.Adapter.Weight)];
        return Votes ? Vote(cores, weights) : Sum(cores, Factors(weights));
    }

    private static Matrix<float> Sum(IReadOnlyList<Matrix<float>> cores, IReadOnlyList<double> factors)
    {
        Matrix<float> sum = new(cores[0].Rows, cores[0].Columns);
        foreach ((Matrix<float> core, double factor) in cores.Zip(factors))
        {
            TensorPrimitives.MultiplyAdd(core.Elements.Span, (float)factor, sum.Elements.Span, sum.Elements.Span);
        }

        return sum;
    }

    // Of each element the contributions that have the sign of their sum; for TIES over the weights of those.
    private Matrix<float> Vote(IReadOnlyList<Matrix<float>> cores, double[] weights)
    {
        Matrix<float> result = new(cores[0].Rows, cores[0].Columns);
        Span<float> to = result.Elements.Span;
        for (int i = 0; i < to.Length; i++)
        {
            double total = 0;
            for (int source = 0; source < weights.Length; source++)
            {
                total += weights[source] * cores[source].Elements.Span[i];
            }

            double sum = 0;
            double divisor = 0;
            for (int source = 0; source < weights.Length; source++)
            {
                double contribution = weights[source] * cores[source].Elements.Span[i];
                if (total >= 0 ? contribution > 0 : contribution < 0)
                {
                    sum += contribution;
                    divisor += weights[source];
                }
            }

            to[i] = (float)(options.Lambda * (Drops || divisor == 0 ? sum : sum / divisor));
        }

        return result;
    }

    private static void Drop(Span<float> values, double density, Philox random)
    {
        if (density >= 1)
        {
            return;
        }

        ushort[] numbers = new ushort[values.Length];
        random.Fill(0, numbers);
        double threshold = density * (1 << 16);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = numbers[i] < threshold ? (float)(values[i] / density) : 0;
        }
    }
}
