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
    /// <summary>Whether GGUF has rows for columns.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Reads a run.</summary>
    /// <param name="start">Where GGUF's tensor begins.</param>
    /// <param name="first">Where the run begins in this one, in bytes.</param>
    /// <param name="destination">Filled wholly.</param>
    /// <param name="read">Reads the file.</param>
    public void Read(long start, long first, Span<byte> destination, ReadAt read)
    {
        if (IsTransposed)
        {
            byte[] stored = new byte[Info.LengthBytes];
            read(start + OffsetBytes, stored);
            foreach ((int here, int there, int bytes) in Places(first, destination.Length))
            {
                stored.AsSpan(there, bytes).CopyTo(destination[here..]);
            }
        }
        else if (Rows is null)
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
    /// <param name="read">Reads what was written.</param>
    public void Write(long start, long first, ReadOnlySpan<byte> data, WriteAt write, Reading.ReadAt read)
    {
        if (IsTransposed)
        {
            // A run is a few elements of every row: the rows are read, and written with them.
            lock (Info)
            {
                byte[] stored = new byte[Info.LengthBytes];
                read(start + OffsetBytes, stored);
                foreach ((int here, int there, int bytes) in Places(first, data.Length))
                {
                    data.Slice(here, bytes).CopyTo(stored.AsSpan(there));
                }

                write(start + OffsetBytes, stored);
                return;
            }
        }

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

    // Where each element of a run lies in it, and where in GGUF's tensor.
    private IEnumerable<(int Here, int There, int Bytes)> Places(long first, int lengthBytes)
    {
        int bytes = Info.DType.BlockBytes;
        long columns = Info.Shape[1];
        for (int here = 0; here < lengthBytes; here += bytes)
        {
            long element = (first + here) / bytes;
            yield return (here, checked((int)((((element % columns) * Info.Shape[0]) + (element / columns)) * bytes)), bytes);
        }
    }
}
