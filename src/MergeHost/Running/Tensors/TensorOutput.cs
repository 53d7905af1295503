using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Packings;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;
using MergeHost.Timing;

namespace MergeHost.Running.Tensors;

/// <summary>The result of one tensor: takes blocks, rounds them to the dtype, hashes them and hands them to the writer.</summary>
internal sealed unsafe class TensorOutput
{
    private readonly RunContext _context;
    private readonly TensorInfo _tensor;
    private readonly TensorDigest _digest;
    private readonly bool _encodes;
    private readonly bool _isQuantized;
    private readonly bool _isPacked;
    private long _nonFinite;

    public TensorOutput(TensorInfo tensor, RunContext context, bool isPacked = false)
    {
        _isPacked = isPacked;
        _context = context;
        _tensor = tensor;
        _digest = new TensorDigest(tensor.ElementCount);
        _isQuantized = tensor.DType.Kind == DTypeKind.Quantized;
        _encodes = tensor.DType != DType.BF16 && tensor.DType != DType.F32;
        BufferDType = tensor.DType == DType.BF16 ? DType.BF16 : DType.F32;
    }

    /// <summary>The type in which results are put into <see cref="Buffer"/>: that of the tensor if
    /// kernels can store it, else float32.</summary>
    public DType BufferDType { get; }

    /// <summary>The same for kernels.</summary>
    public ElementFormat Format => BufferDType == DType.BF16 ? ElementFormat.BFloat16 : ElementFormat.Single;

    /// <summary>Whether results are only looked at, for what must be known of a packed tensor before it is written.</summary>
    public bool OnlyMeasures { get; set; }

    /// <summary>The digest of what was written, once all of it was.</summary>
    public string Digest => _digest.ToString();

    /// <summary>How many of the results are NaN or infinite.</summary>
    public long NonFinite => _nonFinite;

    /// <summary>Room for the results of a part of a block.</summary>
    public byte* Buffer(BlockPart part, BlockWorker worker) =>
        _encodes ? worker.Buffer(BufferUse.Unrounded, 0, sizeof(float) * (long)part.Count) : Stored(part, worker);

    /// <summary>Takes float32 results for a part of a block.</summary>
    public void Take(BlockPart part, ReadOnlySpan<float> results, BlockWorker worker)
    {
        DTypeConversion.FromSingle(BufferDType, results, new Span<byte>(Buffer(part, worker), (int)BufferDType.LengthBytes(part.Count)));
        Take(part, worker);
    }

    /// <summary>Takes what <see cref="Buffer"/> holds for a part of a block.</summary>
    /// <exception cref="MergeHostException">The type is quantised, and a result is not finite or too large for it.</exception>
    public void Take(BlockPart part, BlockWorker worker)
    {
        if (_encodes)
        {
            Encode(part.FirstElement, new Span<float>(Buffer(part, worker), part.Count),
                new Span<byte>(Stored(part, worker), (int)_tensor.DType.LengthBytes(part.Count)));
        }
    }

    /// <summary>Writes a block all parts of which were taken.</summary>
    public void Write(BlockPart block, BlockWorker worker) =>
        Write(block.FirstElement, new ReadOnlySpan<byte>(Stored(block, worker), (int)_tensor.DType.LengthBytes(block.Count)),
            isKnownFinite: _isQuantized);

    /// <summary>Writes bytes as an input stores them.</summary>
    /// <param name="firstElement">The element with which they begin: the first of a unit.</param>
    /// <param name="stored">The bytes.</param>
    /// <param name="digest">The digest of an input that holds the same, to which they were
    /// added; <see langword="null"/> to hash them.</param>
    public void WriteStored(long firstElement, ReadOnlySpan<byte> stored, TensorDigest? digest = null) =>
        Write(firstElement, stored, isKnownFinite: false, digest);

    private void Write(long firstElement, ReadOnlySpan<byte> stored, bool isKnownFinite, TensorDigest? known = null)
    {
        if (_isPacked)
        {
            WritePacked(firstElement, stored);
            return;
        }

        Examine(firstElement, stored, isKnownFinite, known);
        using (Step.Begin(Step.Write, _tensor.Name, stored.Length))
        {
            _context.Writer.Write(_tensor, firstElement, stored);
        }

        _context.AddProcessed(stored.Length);
    }

    private void Examine(long firstElement, ReadOnlySpan<byte> stored, bool isKnownFinite, TensorDigest? known)
    {
        using Activity? step = Step.Begin(Step.Digest, _tensor.Name, known is null ? stored.Length : 0);
        int unitBytes = (int)_tensor.DType.LengthBytes(TensorDigest.UnitElements);
        int unit = (int)(firstElement / TensorDigest.UnitElements);
        for (int done = 0; done < stored.Length; done += unitBytes, unit++)
        {
            ReadOnlySpan<byte> bytes = stored.Slice(done, Math.Min(unitBytes, stored.Length - done));
            if (known is null)
            {
                _digest.Add(unit, bytes);
            }
            else
            {
                _digest.Add(unit, known);
            }

            Interlocked.Add(ref _nonFinite, isKnownFinite ? 0 : NonFiniteCount.Of(_tensor.DType, bytes));
        }
    }

    // As with quantised types, one number that is not finite would spoil all that share its scale.
    private void WritePacked(long firstElement, ReadOnlySpan<byte> stored)
    {
        if (NonFiniteCount.Of(_tensor.DType, stored) is > 0 and { } count)
        {
            throw NonFiniteResults(firstElement, (int)(stored.Length / _tensor.DType.LengthBytes(1)), count, "its packing");
        }

        if (OnlyMeasures)
        {
            ((IPackingWriter)_context.Writer).Measure(_tensor, stored);
            return;
        }

        _context.Writer.Write(_tensor, firstElement, stored);
        _context.AddProcessed(stored.Length);
    }

    private byte* Stored(BlockPart part, BlockWorker worker) =>
        worker.Buffer(BufferUse.Result, 0, _tensor.DType.LengthBytes(part.BlockLength)) + _tensor.DType.LengthBytes(part.Start);

    // One number that is not finite, or too large for a scale, would spoil its whole block, and no program would load the file.
    private void Encode(long firstElement, ReadOnlySpan<float> results, Span<byte> encoded)
    {
        int count = _isQuantized ? NonFiniteCount.Of(DType.F32, MemoryMarshal.AsBytes(results)) : 0;
        if (count == 0)
        {
            DTypeConversion.FromSingle(_tensor.DType, results, encoded, firstElement);
            count = _isQuantized ? NonFiniteCount.Of(_tensor.DType, encoded) : 0;
        }

        if (count > 0)
        {
            throw NonFiniteResults(firstElement, results.Length, count, $"type {_tensor.DType}");
        }
    }

    private MergeHostException NonFiniteResults(long firstElement, int length, int count, string type) => new([new Problem(
        ErrorCodes.NonFinite,
        string.Create(CultureInfo.InvariantCulture,
            $"tensor '{_tensor.Name}': of the results {firstElement:N0} to {firstElement + length - 1:N0}, {count:N0} are NaN, infinite or "
                + $"too large for {type}"),
        "Merge into a floating-point type: the manifest then tells of all such tensors.")]);
}
