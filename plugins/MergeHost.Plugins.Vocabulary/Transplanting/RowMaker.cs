using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Vocabulary.Rows;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>Makes rows for tokens that a model lacks, block by block as they are read.</summary>
/// <remarks>The rows of shared tokens, of both models, stay in memory as float32 once the first row is made;
/// blocks are made as matrix products.</remarks>
/// <param name="options">The method.</param>
/// <param name="model">The model's tensor.</param>
/// <param name="donor">The donor's tensor of the same role.</param>
/// <param name="shared">The rows of tokens that both have, by the donor's ids.</param>
/// <param name="targets">The donor's rows of tokens that the model lacks.</param>
/// <param name="parts">The model's ids of each such token's text; none where the method asks for none.</param>
/// <param name="isHead">Whether it is a head.</param>
internal sealed class RowMaker(
    TransplantOptions options, ModelRows model, ModelRows donor, IReadOnlyList<SharedRow> shared, IReadOnlyList<int> targets,
    IReadOnlyList<IReadOnlyList<int>> parts, bool isHead)
{
    private const int BlockRows = 64;
    private const int MostBlocks = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Matrix<float>> _blocks = [];
    private readonly Queue<int> _order = new();
    private readonly ManagedLinearAlgebra _algebra = new(Environment.ProcessorCount);
    private Matrix<float>? _donorRows;
    private Matrix<float>? _modelRows;
    private float[]? _mean;

    private int Width { get; } = checked((int)(model.Info.ElementCount / model.Info.Shape[0]));

    /// <summary>The row of a token.</summary>
    /// <param name="target">Its place among the targets.</param>
    public ReadOnlySpan<float> Row(int target)
    {
        lock (_lock)
        {
            int block = target / BlockRows;
            if (!_blocks.TryGetValue(block, out Matrix<float> rows))
            {
                if (_order.Count == MostBlocks)
                {
                    _blocks.Remove(_order.Dequeue());
                }

                int first = block * BlockRows;
                rows = Make(first, Math.Min(BlockRows, targets.Count - first));
                _blocks.Add(block, rows);
                _order.Enqueue(block);
            }

            return rows.Row(target % BlockRows);
        }
    }

    private Matrix<float> Make(int first, int count)
    {
        Matrix<float> rows = new(count, Width);
        switch (options.Method)
        {
            case TransplantMethod.Zero:
                break;
            case TransplantMethod.Subword:
                for (int row = 0; row < count; row++)
                {
                    OfParts(parts[first + row], rows.Row(row));
                }

                break;
            case TransplantMethod.Mean:
                for (int row = 0; row < count; row++)
                {
                    Mean().CopyTo(rows.Row(row));
                }

                break;
            default:
                _donorRows ??= Load(donor, [.. shared.Select(row => row.Donor)]);
                _modelRows ??= Load(model, [.. shared.Select(row => row.Model)]);
                SparseCode[] codes = Codes(Load(donor, [.. targets.Skip(first).Take(count)]));
                for (int row = 0; row < count; row++)
                {
                    codes[row].Apply(_modelRows.Value, rows.Row(row));
                }

                break;
        }

        return rows;
    }

    private SparseCode[] Codes(Matrix<float> wanted) => options.Method == TransplantMethod.Omp
        ? SparseCode.Pursue(_algebra, _donorRows!.Value, wanted, options.K)
        : SparseCode.Nearest(_algebra, _donorRows!.Value, wanted, options);

    private void OfParts(IReadOnlyList<int> ids, Span<float> row)
    {
        if (ids.Count == 0)
        {
            return;
        }

        if (options.Subword == SubwordRule.FirstLast)
        {
            ids = [isHead ? ids[0] : ids[^1]];
        }

        float[] values = new float[Width];
        double total = 0;
        for (int part = 0; part < ids.Count; part++)
        {
            double weight = options.Subword != SubwordRule.WeightedMean ? 1 : isHead ? part + 1 : ids.Count - part;
            model.Reader.ReadSingle(model.Info, (long)ids[part] * Width, values);
            TensorPrimitives.MultiplyAdd(values, (float)weight, row, row);
            total += weight;
        }

        if (options.Subword != SubwordRule.Sum)
        {
            TensorPrimitives.Divide(row, (float)total, row);
        }
    }

    private float[] Mean()
    {
        if (_mean is null)
        {
            double[] sums = new double[Width];
            int rows = checked((int)model.Info.Shape[0]);
            for (int first = 0; first < rows; first += BlockRows)
            {
                Matrix<float> block = Load(model, [.. Enumerable.Range(first, Math.Min(BlockRows, rows - first))]);
                for (int element = 0; element < block.Elements.Length; element++)
                {
                    sums[element % Width] += block.Elements.Span[element];
                }
            }

            _mean = [.. sums.Select(sum => (float)(sum / rows))];
        }

        return _mean;
    }

    private static Matrix<float> Load(ModelRows part, int[] rows)
    {
        int width = checked((int)(part.Info.ElementCount / part.Info.Shape[0]));
        Matrix<float> loaded = new(rows.Length, width);
        for (int row = 0; row < rows.Length; row++)
        {
            part.Reader.ReadSingle(part.Info, (long)rows[row] * width, loaded.Row(row));
        }

        return loaded;
    }
}

/// <summary>A token that both models have.</summary>
/// <param name="Model">Its row in the model.</param>
/// <param name="Donor">Its row in the donor.</param>
internal readonly record struct SharedRow(int Model, int Donor);
