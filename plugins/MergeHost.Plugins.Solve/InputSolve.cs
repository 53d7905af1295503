using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// The task vector whose outputs on the inputs of all tasks differ least from those of each task's own: <c>τ* = (Σ wᵢτᵢCᵢ)(Σ wᵢCᵢ)⁺</c>,
/// where Cᵢ is the mean of <c>x xᵀ</c> over inputs of task i. All of it is in float64.
/// </summary>
internal sealed record InputSolve
{
    /// <summary>The factor on elements of Cᵢ beside the diagonal.</summary>
    public double OffDiagonal { get; init; } = 1;

    /// <summary>Whether directions that no task's inputs have keep the mean of task vectors; if not,
    /// they are left as the base has them.</summary>
    public bool KeepsMean { get; init; }

    public Treatment Merge<TOptions>(TensorGroup<TOptions> group)
        where TOptions : InputSolveOptions
    {
        SourceTensor<TOptions>[] sources = [.. group.Sources];
        double[] weights = [.. sources.Select(source => source.Options.Weight)];
        double mass = weights.Sum();
        (AuxiliaryCheckpoint Statistics, TensorInfo? Gram)[] grams = [.. sources.Select(source => (source.Options.Statistics,
            source.Options.Statistics.FindGram(source.Tensor)))];
        MatrixMerge merge = new()
        {
            Weights = [.. weights.Select(weight => mass == 0 ? 0 : weight * weights.Length / mass)],
            Lambda = group.Options.Lambda,
            MergesEmbeddings = true,
            ScratchBytes = sizeof(double) * ((3 * (long)group.Output.Shape.RowLength * group.Output.Shape.RowLength)
                + (4 * group.Output.ElementCount)),
        };
        int taken = grams.Count(gram => gram.Gram is not null);
        if (taken > 0 && taken < grams.Length)
        {
            int lacking = Array.FindIndex(grams, gram => gram.Gram is null);
            throw new MergeException(new Problem(ErrorCodes.AuxiliaryMismatch,
                $"'{grams[lacking].Statistics.Name}' lacks '{ActivationStatistics.GramOf(sources[lacking].Tensor.Name)}', which "
                    + $"'{grams.First(gram => gram.Gram is not null).Statistics.Name}' has",
                "Take the statistics of all models in the same way."));
        }

        return taken == 0 ? merge.MeanOf()
            : merge.Of(group,
                (tasks, algebra) => Solve(tasks, [.. grams.Zip(merge.Weights, (gram, weight) => (gram.Statistics, gram.Gram!, weight))],
                    algebra));
    }

    // Task vectors come with their weights.
    private Matrix<float> Solve(TaskMatrices tasks, IReadOnlyList<(AuxiliaryCheckpoint Statistics, TensorInfo Gram, double Weight)> grams,
        ILinearAlgebra algebra)
    {
        Matrix<double> inputs = new(tasks.In, tasks.In);
        Matrix<double> wanted = new(tasks.Out, tasks.In);
        Matrix<double> mean = new(tasks.Out, tasks.In);
        foreach ((Matrix<float> taskVector,
            (AuxiliaryCheckpoint statistics, TensorInfo gram, double weight)) in tasks.TaskVectors.Zip(grams)
                .Where(task => task.Second.Weight != 0))
        {
            tasks.Cancellation.ThrowIfCancellationRequested();
            Matrix<double> covariance = Damped(statistics.Read(gram));
            Matrix<double> wide = Doubles.Widen(taskVector);
            Doubles.Add(mean, wide, 1.0 / grams.Count);
            Doubles.Add(wanted, algebra.Product(wide, covariance), 1);
            Doubles.Add(inputs, covariance, weight);
        }

        if (KeepsMean)
        {
            Doubles.Add(wanted, algebra.Product(mean, inputs), -1);
        }

        Matrix<double> solved = PositiveSolve.Divide(wanted, inputs, algebra, tasks.Cancellation);
        if (KeepsMean)
        {
            Doubles.Add(solved, mean, 1);
        }

        return Doubles.Narrow(solved);
    }

    private Matrix<double> Damped(Matrix<double> covariance)
    {
        for (int row = 0; row < covariance.Rows && OffDiagonal != 1; row++)
        {
            double diagonal = covariance[row, row];
            TensorPrimitives.Multiply(covariance.Row(row), OffDiagonal, covariance.Row(row));
            covariance[row, row] = diagonal;
        }

        return covariance;
    }
}
