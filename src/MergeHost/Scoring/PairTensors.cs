using System.Buffers;
using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Running.Data;

namespace MergeHost.Scoring;

/// <summary>The data of a pair: read when a scorer first asks for it, once for all scorers.</summary>
/// <remarks>For one thread at a time. Disposing it gives the memory back.</remarks>
internal sealed class PairTensors(ScorePair pair, ScoreContext context) : ILayerTensors, IDisposable
{
    private readonly Dictionary<LayerMatrix, float[]> _matrices = [];
    private readonly Dictionary<LayerMatrix, string> _digests = [];
    private readonly Dictionary<LayerMatrix, IReadOnlyList<double>> _spectra = [];

    /// <inheritdoc/>
    public TensorInfo Tensor { get; } = pair.Adapted.Tensor with { Name = pair.Name };

    /// <inheritdoc/>
    public TensorRole Role => pair.Role;

    /// <inheritdoc/>
    public int? Layer => pair.Layer;

    /// <inheritdoc/>
    public int LayerCount => context.LayerCount;

    private int ElementCount => checked((int)Tensor.ElementCount);

    // As a strategy sees it: a vector is one row, of more extents than two all but the last are rows.
    private int ColumnCount => Tensor.Shape.Rank == 0 ? 1 : (int)Tensor.Shape[Tensor.Shape.Rank - 1];

    /// <inheritdoc/>
    public Matrix<float> Get(LayerMatrix which)
    {
        if (!_matrices.TryGetValue(which, out float[]? elements))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            elements = ArrayPool<float>.Shared.Rent(ElementCount);
            _matrices.Add(which, elements);
            Fill(which, elements.AsSpan(0, ElementCount));
        }

        int columns = ColumnCount;
        return new Matrix<float>(columns == 0 ? 0 : ElementCount / columns, columns, elements.AsMemory(0, ElementCount));
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> SingularValues(LayerMatrix which)
    {
        if (!_spectra.TryGetValue(which, out IReadOnlyList<double>? values))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            Matrix<float> matrix = Get(which);
            values = context.Cache.Get(Content(which), Math.Min(matrix.Rows, matrix.Columns), () => Compute(which, matrix));
            _spectra.Add(which, values);
        }

        return values;
    }

    /// <summary>Makes sure that an auxiliary checkpoint was made of one of the two models, as far as it says of which.</summary>
    /// <exception cref="MergeHostException">MH2026: it was made of another.</exception>
    public void Check(AuxiliaryCheckpoint auxiliary)
    {
        AuxiliaryClaim[] claims = [new(pair.Base, auxiliary), new(pair.Adapted, auxiliary)];
        if (claims.All(claim => claim.Expected is null) || claims[0].Expected == DigestOf(LayerMatrix.Base))
        {
            return;
        }

        claims[1].Check(DigestOf(LayerMatrix.Adapted));
    }

    public void Dispose()
    {
        foreach (float[] elements in _matrices.Values)
        {
            ArrayPool<float>.Shared.Return(elements);
        }

        _matrices.Clear();
    }

    private string DigestOf(LayerMatrix which)
    {
        Get(which);
        return _digests[which];
    }

    private IReadOnlyList<double> Compute(LayerMatrix which, Matrix<float> matrix)
    {
        try
        {
            return context.Algebra.SingularValues(matrix);
        }
        catch (ArithmeticException exception)
        {
            throw NonFinite.Error(pair.Name, (which == LayerMatrix.Base ? pair.Base : pair.Adapted).Model.Name, exception);
        }
    }

    private void Fill(LayerMatrix which, Span<float> elements)
    {
        if (which == LayerMatrix.TaskVector)
        {
            TensorPrimitives.Subtract(Get(LayerMatrix.Adapted).Elements.Span, Get(LayerMatrix.Base).Elements.Span, elements);
        }
        else
        {
            _digests[which] = Read(which == LayerMatrix.Base ? pair.Base : pair.Adapted, elements);
        }
    }

    private string Read(InputTensor input, Span<float> elements)
    {
        ICheckpointReader reader = context.Readers[input.Model];
        DType type = input.Tensor.DType;
        TensorDigest digest = new(elements.Length);
        byte[] stored = ArrayPool<byte>.Shared.Rent((int)type.LengthBytes(TensorDigest.UnitElements));
        for (int unit = 0; unit < TensorDigest.UnitsOf(elements.Length); unit++)
        {
            int first = unit * TensorDigest.UnitElements;
            int count = Math.Min(TensorDigest.UnitElements, elements.Length - first);
            Span<byte> bytes = stored.AsSpan(0, (int)type.LengthBytes(count));
            reader.Read(input.Tensor, first, bytes);
            digest.Add(unit, bytes);
            DTypeConversion.ToSingle(type, bytes, elements.Slice(first, count));
        }

        ArrayPool<byte>.Shared.Return(stored);
        return digest.ToString();
    }

    private IEnumerable<string> Content(LayerMatrix which)
    {
        IEnumerable<LayerMatrix> parts = which == LayerMatrix.TaskVector ? [LayerMatrix.Base, LayerMatrix.Adapted] : [which];
        return parts.SelectMany(part => new[] { _digests[part], (part == LayerMatrix.Base ? pair.Base : pair.Adapted).Tensor.DType.Name })
            .Append(Tensor.Shape.ToString()).Append(context.Device.ToString());
    }
}
