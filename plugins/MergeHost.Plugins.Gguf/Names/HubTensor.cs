using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>A tensor of Hugging Face within one of GGUF: reads and writes bytes in Hugging Face's order.</summary>
/// <param name="Info">Name, type and shape, as Hugging Face has them.</param>
/// <param name="OffsetBytes">Where it begins in GGUF's tensor.</param>
/// <param name="Rows">The order of its rows there, if it is another.</param>
/// <param name="Plus">What has been added to its elements there; then the type is F32.</param>
internal sealed record HubTensor(TensorInfo Info, long OffsetBytes, RowOrder? Rows = null, float Plus = 0)
{
    /// <summary>Reads a run.</summary>
    /// <param name="start">Where GGUF's tensor begins.</param>
    /// <param name="first">Where the run begins in this one, in bytes.</param>
    /// <param name="destination">Filled wholly.</param>
    /// <param name="read">Reads the file.</param>
    public void Read(long start, long first, Span<byte> destination, ReadAt read)
    {
        if (Rows is null)
        {
            read(start + OffsetBytes + first, destination);
        }
        else
        {
            Rows.Read(first, destination, (at, part) => read(start + OffsetBytes + at, part));
        }

        if (Plus != 0)
        {
            Span<float> numbers = MemoryMarshal.Cast<byte, float>(destination);
            TensorPrimitives.Subtract(numbers, Plus, numbers);
        }
    }

    /// <summary>Writes a run.</summary>
    /// <param name="start">Where GGUF's tensor begins.</param>
    /// <param name="first">Where the run begins in this one, in bytes.</param>
    /// <param name="data">The run.</param>
    /// <param name="write">Writes the file.</param>
    public void Write(long start, long first, ReadOnlySpan<byte> data, WriteAt write)
    {
        if (Plus != 0)
        {
            float[] numbers = MemoryMarshal.Cast<byte, float>(data).ToArray();
            TensorPrimitives.Add(numbers, Plus, numbers);
            data = MemoryMarshal.AsBytes<float>(numbers);
        }

        if (Rows is null)
        {
            write(start + OffsetBytes + first, data);
        }
        else
        {
            Rows.Write(first, data, (at, part) => write(start + OffsetBytes + at, part));
        }
    }
}
