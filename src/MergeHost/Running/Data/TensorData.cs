using System.Diagnostics;
using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Models;
using MergeHost.Models.Calls;
using MergeHost.Plans;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;
using MergeHost.Timing;

namespace MergeHost.Running.Data;

/// <summary>The inputs of one tensor, read block by block.</summary>
/// <remarks>
/// A block that is needed in several passes is read once and kept if there was room for the whole tensor, and read again otherwise.
/// Every byte is hashed when it is read first. Several threads may load different blocks at once.
/// </remarks>
internal sealed unsafe class TensorData
{
    private readonly RunContext _context;
    private readonly PluginCall? _call;
    private readonly Input[] _inputs;
    private readonly bool _hasBase;
    private readonly int _blockElements;
    private readonly int _partElements;
    private NativeArena? _arena;

    /// <param name="plan">The tensor.</param>
    /// <param name="context">Has the open models.</param>
    public TensorData(TensorPlan plan, RunContext context)
    {
        ElementCount = plan.Output.ElementCount;
        Name = plan.Output.Name;
        _context = context;
        _call = context.Strategy is { } strategy ? new PluginCall(strategy, $"tensor '{Name}'") : null;
        RowLength = plan.Output.Shape.RowLength;
        HasWholeRows = RowBlocks.AreNeeded(plan.Treatment);
        _blockElements = BlockElementsFor(plan, context.Options.BlockElements);
        _hasBase = plan.Copied is null && plan.Base is not null;
        BlockCount = (int)((ElementCount + _blockElements - 1) / _blockElements);
        _inputs = [.. plan.Read.Select(input => new Input(input.Model, context.Readers[input.Model], input.Tensor, ElementCount,
            BlockCount))];
        DType first = _inputs[0].Tensor.DType;
        bool isUniform = Array.TrueForAll(_inputs, input => input.Tensor.DType == first);
        Decodes = !isUniform || (first != DType.BF16 && first != DType.F32);
        Format = !Decodes && first == DType.BF16 ? ElementFormat.BFloat16 : ElementFormat.Single;
        bool converts = Decodes || (plan.Output.DType != DType.BF16 && plan.Output.DType != DType.F32);
        long run = HasWholeRows ? RowBlocks.CommonMultiple(RunOf(plan.Output.DType), RowLength) : RunOf(plan.Output.DType);
        _partElements = converts ? (int)Math.Min(_blockElements, Multiple(run, context.Device.PartElements)) : _blockElements;
    }

    /// <summary>The name of the tensor that is made.</summary>
    public string Name { get; }

    /// <summary>Runs code of the strategy on the tensor.</summary>
    /// <exception cref="MergeHostException">The strategy threw.</exception>
    public void Guard(Action call)
    {
        if (_call is null)
        {
            call();
            return;
        }

        _call.Run(call);
    }

    /// <summary>How many elements of each input take part.</summary>
    public long ElementCount { get; }

    /// <summary>The length of a row.</summary>
    public long RowLength { get; }

    /// <summary>Whether blocks and their parts are cut between rows.</summary>
    public bool HasWholeRows { get; }

    /// <summary>How many blocks there are; none for an empty tensor.</summary>
    public int BlockCount { get; }

    /// <summary>The format in which <see cref="Load"/> gives elements to kernels.</summary>
    public ElementFormat Format { get; }

    /// <summary>How many sources there are.</summary>
    public int SourceCount => _inputs.Length - (_hasBase ? 1 : 0);

    /// <summary>Bytes of all inputs together.</summary>
    public long LengthBytes => _inputs.Sum(input => input.Tensor.DType.LengthBytes(ElementCount));

    /// <summary>The digests of what was read of each input: of the base first, then of the sources.</summary>
    public IReadOnlyList<string> Digests => [.. _inputs.Select(input => input.Digest.ToString())];

    /// <summary>The digest of one input, of which a unit is there once it was loaded.</summary>
    public TensorDigest DigestOf(int index) => _inputs[index].Digest;

    // Whether inputs have to be turned into float32 before kernels see them.
    private bool Decodes { get; }

    /// <summary>How many elements of a tensor are worked on at a time: some types are written by whole rows
    /// only; digests have units of their own.</summary>
    public static int BlockElementsFor(TensorPlan plan, int usual)
    {
        long run = RowBlocks.CommonMultiple(RunOf(plan.Output.DType), TensorDigest.UnitElements);
        run = RowBlocks.CommonMultiple(run, plan.Packed?.RunElements ?? 1);
        return RowBlocks.AreNeeded(plan.Treatment)
            ? RowBlocks.ElementsFor(plan.Output, run, usual)
            : (int)(run == TensorDigest.UnitElements ? usual : Math.Max(1, usual / run) * run);
    }

    private static int RunOf(DType type) => type.Codec?.RunElements ?? 1;

    // The least that is no less than a number.
    private static long Multiple(long of, int least) => (least + of - 1) / of * of;

    public long FirstElement(int block) => (long)block * _blockElements;

    public int BlockOf(long element) => (int)(element / _blockElements);

    public int Length(int block) => (int)Math.Min(_blockElements, ElementCount - FirstElement(block));

    /// <summary>A block as one part.</summary>
    public BlockPart Whole(int block) => new(FirstElement(block), Length(block), 0, Length(block));

    /// <summary>A block in parts that stay near the processor while they are decoded, worked on and stored.</summary>
    public IEnumerable<BlockPart> Parts(int block)
    {
        BlockPart whole = Whole(block);
        for (int start = 0; start < whole.Count; start += _partElements)
        {
            yield return whole with { Start = start, Count = Math.Min(_partElements, whole.Count - start) };
        }
    }

    /// <summary>Keeps what is read in memory from now on, if there is room.</summary>
    public void TryStage(NativeArena arena)
    {
        byte* memory = arena.TryTake(LengthBytes);
        if (memory is null)
        {
            return;
        }

        _arena = arena;
        foreach (Input input in _inputs)
        {
            input.Staged = memory;
            memory += input.Tensor.DType.LengthBytes(ElementCount);
        }
    }

    /// <summary>Gives staged memory back.</summary>
    public void Release()
    {
        _arena?.Return(_inputs[0].Staged, LengthBytes);
        _arena = null;
    }

    /// <summary>Loads a block of all inputs for a kernel.</summary>
    /// <returns>A run over the whole block, without parameters.</returns>
    public KernelRun Load(int block, BlockWorker worker)
    {
        LoadStored(block, worker);
        return Decode(Whole(block), worker);
    }

    /// <summary>Loads a block of all inputs as they are stored, for <see cref="Decode(BlockPart, BlockWorker)"/>.</summary>
    public void LoadStored(int block, BlockWorker worker)
    {
        for (int index = 0; index < _inputs.Length; index++)
        {
            StoredPointers(worker)[index] = LoadStored(index, block, worker);
        }
    }

    /// <summary>Gives a kernel a part of the block that was loaded.</summary>
    /// <returns>A run over the part, without parameters.</returns>
    public KernelRun Decode(BlockPart part, BlockWorker worker)
    {
        byte** stored = StoredPointers(worker);
        byte** pointers = (byte**)worker.Buffer(BufferUse.Pointers, 0, _inputs.Length * sizeof(byte*));
        for (int index = 0; index < _inputs.Length; index++)
        {
            if (!Decodes)
            {
                pointers[index] = stored[index] + _inputs[index].Tensor.DType.LengthBytes(part.Start);
                continue;
            }

            pointers[index] = worker.Buffer(BufferUse.Decoded, index, sizeof(float) * (long)part.Count);
            Decode(index, part, stored[index], new Span<float>(pointers[index], part.Count));
        }

        return RunOver(pointers, part.Count, worker);
    }

    /// <summary>Some elements of a run in float32, whatever it holds.</summary>
    /// <param name="run">A run that <see cref="Load"/> gave.</param>
    /// <param name="start">The first element.</param>
    /// <param name="count">How many.</param>
    /// <param name="worker">Has the buffers; the result stays until the next call.</param>
    public TensorRun Elements(in KernelRun run, int start, int count, BlockWorker worker)
    {
        DType type = Format == ElementFormat.BFloat16 ? DType.BF16 : DType.F32;
        Span<float> elements = new(worker.Buffer(BufferUse.Rows, 0, sizeof(float) * (run.SourceCount + 1L) * count),
            (run.SourceCount + 1) * count);
        for (int input = 0; input <= run.SourceCount; input++)
        {
            byte* stored = (input == 0 ? run.Base : run.Sources[input - 1]) + type.LengthBytes(start);
            DTypeConversion.ToSingle(type, new ReadOnlySpan<byte>(stored, (int)type.LengthBytes(count)),
                elements.Slice(input * count, count));
        }

        return new TensorRun(_hasBase ? elements[..count] : default, elements[count..], count);
    }

    /// <summary>Loads a block of one input as it is stored.</summary>
    public byte* LoadStored(int index, int block, BlockWorker worker)
    {
        Input input = _inputs[index];
        DType type = input.Tensor.DType;
        long first = FirstElement(block);
        byte* memory = input.Staged is null
            ? worker.Buffer(BufferUse.Stored, index, type.LengthBytes(Math.Min(_blockElements, ElementCount)))
            : input.Staged + type.LengthBytes(first);
        if (input.Staged is null || !input.IsStaged[block])
        {
            Span<byte> bytes = new(memory, (int)type.LengthBytes(Length(block)));
            using (Step.Begin(Step.Read, input.Tensor.Name, bytes.Length))
            {
                input.Reader.Read(input.Tensor, first, bytes);
            }

            input.IsStaged[block] = input.Staged is not null;
            Hash(input, first, bytes);
        }

        return memory;
    }

    /// <summary>Turns a part of one input's block into float32.</summary>
    /// <param name="index">The input.</param>
    /// <param name="part">The part.</param>
    /// <param name="stored">The whole block as stored.</param>
    /// <param name="destination">One number an element of the part.</param>
    /// <exception cref="CheckpointException">A scale of quantised weights is NaN or infinite.</exception>
    public void Decode(int index, BlockPart part, byte* stored, Span<float> destination)
    {
        Input input = _inputs[index];
        DType type = input.Tensor.DType;
        ReadOnlySpan<byte> bytes = new(stored + type.LengthBytes(part.Start), (int)type.LengthBytes(part.Count));
        if (type.Kind == DTypeKind.Quantized && NonFiniteCount.Of(type, bytes) > 0)
        {
            throw BadScale(input, part.FirstElement, bytes);
        }

        DTypeConversion.ToSingle(type, bytes, destination);
    }

    /// <summary>Reads a few elements of the inputs in float32, past all blocks.</summary>
    /// <returns>A run over them, without parameters.</returns>
    public KernelRun Sample(long first, int count, BlockWorker worker)
    {
        byte** pointers = (byte**)worker.Buffer(BufferUse.Pointers, 0, _inputs.Length * sizeof(byte*));
        for (int index = 0; index < _inputs.Length; index++)
        {
            pointers[index] = worker.Buffer(BufferUse.Samples, index, sizeof(float) * (long)count);
            Read(_inputs[index], first, new Span<float>(pointers[index], count));
        }

        return RunOver(pointers, count, worker);
    }

    private KernelRun RunOver(byte** pointers, int count, BlockWorker worker) => new()
    {
        Base = _hasBase ? pointers[0] : worker.Buffer(BufferUse.NoBase, 0, sizeof(float) * (long)_blockElements),
        Sources = _hasBase ? pointers + 1 : pointers,
        SourceCount = SourceCount,
        Scratch = worker.Buffer(BufferUse.Scratch, 0, 64L * SourceCount),
        Count = count,
    };

    private static void Read(Input input, long first, Span<float> destination)
    {
        // Of blocks only a part may be wanted.
        DType type = input.Tensor.DType;
        int skipped = (int)(first % type.BlockElements);
        int count = (skipped + destination.Length + type.BlockElements - 1) / type.BlockElements * type.BlockElements;
        Span<byte> stored = stackalloc byte[(int)type.LengthBytes(count)];
        Span<float> decoded = stackalloc float[count];
        input.Reader.Read(input.Tensor, first - skipped, stored);
        DTypeConversion.ToSingle(type, stored, decoded);
        decoded.Slice(skipped, destination.Length).CopyTo(destination);
    }

    private void Hash(Input input, long first, Span<byte> bytes)
    {
        using Activity? step = Step.Begin(Step.Digest, input.Tensor.Name, bytes.Length);
        int unitBytes = (int)input.Tensor.DType.LengthBytes(TensorDigest.UnitElements);
        int unit = (int)(first / TensorDigest.UnitElements);
        for (int done = 0; done < bytes.Length; done += unitBytes, unit++)
        {
            if (!input.Digest.Has(unit))
            {
                ReadOnlySpan<byte> stored = bytes.Slice(done, Math.Min(unitBytes, bytes.Length - done));
                input.Digest.Add(unit, stored);
                _context.AddProcessed(stored.Length);
            }
        }
    }

    private byte** StoredPointers(BlockWorker worker) => (byte**)worker.Buffer(BufferUse.StoredPointers, 0, _inputs.Length * sizeof(byte*));

    private static CheckpointException BadScale(Input input, long first, ReadOnlySpan<byte> stored)
    {
        DType type = input.Tensor.DType;
        for (; NonFiniteCount.Of(type, stored[..type.BlockBytes]) == 0; first += type.BlockElements)
        {
            stored = stored[type.BlockBytes..];
        }

        string path = input.Model.WeightFiles is [string only] ? only : input.Model.Path;
        return new CheckpointException(new Problem(
            ErrorCodes.NonFiniteScale,
            string.Create(CultureInfo.InvariantCulture,
                $"{path}: tensor '{input.Tensor.Name}': the scale of elements {first:N0} to {first + type.BlockElements - 1:N0} is NaN or "
                    + $"infinite, of type {type}"),
            "Download the file again; if it is the same there, leave the model out."));
    }

    private sealed class Input(InputModel model, ICheckpointReader reader, TensorInfo tensor, long elements, int blocks)
    {
        public InputModel Model { get; } = model;

        public ICheckpointReader Reader { get; } = reader;

        public TensorInfo Tensor { get; } = tensor;

        public TensorDigest Digest { get; } = new(elements);

        public byte* Staged { get; set; }

        public bool[] IsStaged { get; } = new bool[blocks];
    }
}
