using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Running;

/// <summary>The result of one tensor: takes blocks, rounds them to the dtype, hashes them and hands them to the writer.</summary>
internal sealed unsafe class TensorOutput
{
    private readonly RunContext _context;
    private readonly TensorInfo _tensor;
    private readonly TensorDigest _digest;
    private readonly bool _encodes;
    private long _nonFinite;

    public TensorOutput(TensorInfo tensor, RunContext context)
    {
        _context = context;
        _tensor = tensor;
        _digest = new TensorDigest(tensor.ElementCount);
        _encodes = tensor.DType != DType.BF16 && tensor.DType != DType.F32;
        BufferDType = tensor.DType == DType.BF16 ? DType.BF16 : DType.F32;
    }

    /// <summary>The type in which results are put into <see cref="Buffer"/>: that of the tensor if kernels can store it, else float32.</summary>
    public DType BufferDType { get; }

    /// <summary>The same for kernels.</summary>
    public ElementFormat Format => BufferDType == DType.BF16 ? ElementFormat.BFloat16 : ElementFormat.Single;

    /// <summary>The digest of what was written, once all of it was.</summary>
    public string Digest => _digest.ToString();

    /// <summary>How many of the results are NaN or infinite.</summary>
    public long NonFinite => _nonFinite;

    /// <summary>Room for a block of results.</summary>
    public byte* Buffer(BlockWorker worker, int elements) => _encodes
        ? worker.Buffer(BufferUse.Undecided, 0, sizeof(float) * (long)elements)
        : worker.Buffer(BufferUse.Result, 0, _tensor.DType.LengthBytes(elements));

    /// <summary>Writes a block of float32 results.</summary>
    public void Write(long firstElement, ReadOnlySpan<float> results, BlockWorker worker)
    {
        byte* buffer = Buffer(worker, results.Length);
        DTypeConversion.FromSingle(BufferDType, results, new Span<byte>(buffer, (int)BufferDType.LengthBytes(results.Length)));
        Write(firstElement, results.Length, worker);
    }

    /// <summary>Writes the block that <see cref="Buffer"/> holds.</summary>
    public void Write(long firstElement, int elements, BlockWorker worker)
    {
        byte* results = Buffer(worker, elements);
        int bytes = (int)_tensor.DType.LengthBytes(elements);
        if (_encodes)
        {
            // Blocks do not show what was not finite in them.
            Interlocked.Add(ref _nonFinite, _tensor.DType.Kind == DTypeKind.Quantized ? NonFiniteCount.Of(DType.F32, new Span<byte>(results, elements * sizeof(float))) : 0);
            byte* encoded = worker.Buffer(BufferUse.Result, 0, bytes);
            DTypeConversion.FromSingle(_tensor.DType, new Span<float>(results, elements), new Span<byte>(encoded, bytes), firstElement);
            results = encoded;
        }

        Span<byte> stored = new(results, bytes);
        Interlocked.Add(ref _nonFinite, NonFiniteCount.Of(_tensor.DType, stored));
        WriteStored(firstElement, stored);
    }

    /// <summary>Writes bytes as they are to be stored.</summary>
    public void WriteStored(long firstElement, ReadOnlySpan<byte> stored)
    {
        int unitBytes = (int)_tensor.DType.LengthBytes(TensorDigest.UnitElements);
        int unit = (int)(firstElement / TensorDigest.UnitElements);
        for (int done = 0; done < stored.Length; done += unitBytes, unit++)
        {
            _digest.Add(unit, stored.Slice(done, Math.Min(unitBytes, stored.Length - done)));
        }

        _context.Writer.Write(_tensor, firstElement, stored);
        _context.AddProcessed(stored.Length);
    }
}
