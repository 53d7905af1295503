using System.Runtime.InteropServices;
using MergeHost.Checkpoints;

namespace MergeHost.Running;

/// <summary>A checkpoint that is nowhere but in memory: written by a merge, then read by benchmarks.</summary>
internal sealed unsafe class MemoryCheckpoint : ICheckpointWriter, ICheckpointReader
{
    private readonly Dictionary<string, nint> _tensors;

    /// <exception cref="OutOfMemoryException">There is not enough memory for the tensors.</exception>
    public MemoryCheckpoint(CheckpointLayout layout)
    {
        Tensors = layout.Tensors;
        Companions = layout.Companions;
        _tensors = layout.Tensors.ToDictionary(tensor => tensor.Name, tensor => (nint)NativeMemory.Alloc((nuint)tensor.LengthBytes));
    }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<CompanionFile> Companions { get; }

    public IReadOnlyList<string> WeightFiles => [];

    public IReadOnlyList<Problem> Warnings => [];

    public IReadOnlyList<string> Files => [];

    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data) => data.CopyTo(At(tensor, firstElement, data.Length));

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
        At(tensor, firstElement, destination.Length).CopyTo(destination);

    public void Complete()
    {
    }

    public void Dispose()
    {
        foreach (nint memory in _tensors.Values)
        {
            NativeMemory.Free((void*)memory);
        }

        _tensors.Clear();
    }

    private Span<byte> At(TensorInfo tensor, long firstElement, int bytes)
    {
        long start = tensor.DType.LengthBytes(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + bytes, tensor.LengthBytes);
        return new Span<byte>((byte*)_tensors[tensor.Name] + start, bytes);
    }
}
