using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Methods;

/// <summary>Makes one task vector of several that are matrices.</summary>
/// <param name="tasks">Their numbers.</param>
/// <param name="algebra">Operations on matrices.</param>
/// <returns>τ*, of the shape of each.</returns>
public delegate Matrix<float> MatrixFunction(TaskMatrices tasks, ILinearAlgebra algebra);

/// <summary>
/// Merges task vectors as the matrices that they are: <c>θ₀ + λ · τ*</c>, where τ* is made of the <c>wᵢτᵢ</c>. Whatever is no matrix that
/// vectors are multiplied with, gets their mean, <c>θ₀ + λ · Σ wᵢτᵢ / N</c>.
/// </summary>
/// <remarks>
/// No matrices in that sense are norms, biases and other vectors, and embeddings and heads unless it is asked for: each
/// of their rows belongs to a token. Of a tensor with more than two extents, such as experts that are stored as one,
/// each matrix of the last two is merged by itself.
/// </remarks>
public sealed record MatrixMerge
{
    /// <summary>The weights wᵢ.</summary>
    public required IReadOnlyList<double> Weights { get; init; }

    /// <summary>The factor λ.</summary>
    public required double Lambda { get; init; }

    /// <summary>Whether embeddings and heads are matrices like others.</summary>
    public bool MergesEmbeddings { get; init; }

    /// <summary>Memory that the function takes besides inputs and result in float32.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>Merges the tensors of a group.</summary>
    /// <param name="group">The tensors; there is a base.</param>
    /// <param name="merge">Called once for each matrix; what it returns must not depend on λ.</param>
    public Treatment Of<TOptions>(TensorGroup<TOptions> group, MatrixFunction merge)
        where TOptions : class
    {
        return RowsOf(group, MergesEmbeddings) is { } rows && !IsBase
            ? Treatment.Change((tensors, algebra) => Merge(tensors, algebra, rows, merge), Lambda, ScratchBytes) : MeanOf();
    }

    /// <summary>What tensors get that are no matrices: <c>θ₀ + λ · Σ wᵢτᵢ / N</c>.</summary>
    public Treatment MeanOf() =>
        IsBase ? Treatment.CopyBase() : TaskVectorSum.Of([.. Weights.Select(weight => Lambda * weight / Weights.Count)]);

    private bool IsBase => Lambda == 0 || Weights.All(weight => weight == 0);

    /// <summary>How many rows each matrix has that is merged by itself; <see langword="null"/> if the tensors hold none.</summary>
    /// <param name="group">The tensors.</param>
    /// <param name="mergesEmbeddings">Whether embeddings and heads are matrices like others.</param>
    public static int? RowsOf<TOptions>(TensorGroup<TOptions> group, bool mergesEmbeddings)
        where TOptions : class
    {
        TensorShape shape = group.Output.Shape;
        bool isTable = group.Role is TensorRole.Embedding or TensorRole.Head;
        return shape.Rank >= 2 && (!isTable || mergesEmbeddings) ? (int)shape[shape.Rank - 2] : null;
    }

    private void Merge(WholeTensors tensors, ILinearAlgebra algebra, int rows, MatrixFunction merge)
    {
        for (int first = 0; first < tensors.Result.Rows; first += rows)
        {
            tensors.Cancellation.ThrowIfCancellationRequested();
            Matrix<float> @base = Part(tensors.Base!.Value, first, rows);
            Matrix<float>[] taskVectors = [.. tensors.Sources.Select((source,
                i) => TaskVector(Part(source, first, rows), @base, (float)Weights[i]))];
            Matrix<float> merged = merge(new TaskMatrices(taskVectors) { Cancellation = tensors.Cancellation }, algebra);
            merged.Elements.Span.CopyTo(Part(tensors.Result, first, rows).Elements.Span);
        }
    }

    private static Matrix<float> Part(Matrix<float> matrix, int first, int rows) =>
        new(rows, matrix.Columns, matrix.Elements.Slice(first * matrix.Columns, rows * matrix.Columns));

    private static Matrix<float> TaskVector(Matrix<float> source, Matrix<float> @base, float weight)
    {
        Matrix<float> taskVector = new(source.Rows, source.Columns);
        Span<float> elements = taskVector.Elements.Span;
        TensorPrimitives.Subtract(source.Elements.Span, @base.Elements.Span, elements);
        if (weight != 1)
        {
            TensorPrimitives.Multiply(elements, weight, elements);
        }

        return taskVector;
    }
}

/// <summary>Task vectors of one matrix.</summary>
/// <param name="TaskVectors">The <c>wᵢτᵢ</c>, each <c>[out, in]</c>; the method may change them.</param>
public sealed record TaskMatrices(IReadOnlyList<Matrix<float>> TaskVectors)
{
    /// <summary>The extent that comes out.</summary>
    public int Out => TaskVectors[0].Rows;

    /// <summary>The extent that goes in.</summary>
    public int In => TaskVectors[0].Columns;

    /// <summary>The smaller extent.</summary>
    public int Rank => Math.Min(Out, In);

    /// <summary>Asks to stop; long work should look at it now and then.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary><c>Σ wᵢτᵢ</c></summary>
    public Matrix<float> Sum()
    {
        Matrix<float> sum = new(Out, In);
        foreach (Matrix<float> taskVector in TaskVectors)
        {
            TensorPrimitives.Add(sum.Elements.Span, taskVector.Elements.Span, sum.Elements.Span);
        }

        return sum;
    }
}
