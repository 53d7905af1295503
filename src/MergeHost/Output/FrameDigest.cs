using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using MergeHost.Checkpoints;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Output;

/// <summary>The digest of all bytes of a file that belong to no tensor: its header, its metadata, and what fills gaps.</summary>
/// <remarks>
/// SHA-256 over each run of such bytes, in order: its offset and its length as 64-bit little-endian numbers, and then the bytes. With
/// the digests of the tensors it covers every byte of the file, and no tensor is read for it.
/// </remarks>
internal static class FrameDigest
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Reads what is between the tensors.</summary>
    /// <param name="path">An ordinary file.</param>
    /// <param name="tensors">Where tensors lie in it; the whole file is read if there are none.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>Hexadecimal digits.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string path, IEnumerable<TensorRange> tensors, CancellationToken cancellation)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = RandomAccess.GetLength(file);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long done = 0;
            foreach (TensorRange tensor in tensors.OrderBy(tensor => tensor.OffsetBytes))
            {
                Add(done, Math.Min(tensor.OffsetBytes, length));
                done = Math.Max(done, tensor.OffsetBytes + tensor.LengthBytes);
            }

            Add(done, length);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        void Add(long start, long end)
        {
            if (start >= end)
            {
                return;
            }

            Span<byte> place = stackalloc byte[2 * sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(place, start);
            BinaryPrimitives.WriteInt64LittleEndian(place[sizeof(long)..], end - start);
            hash.AppendData(place);
            for (long at = start; at < end;)
            {
                cancellation.ThrowIfCancellationRequested();
                int read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
                if (read == 0)
                {
                    throw new EndOfStreamException($"{path}: the file was cut short");
                }

                hash.AppendData(buffer, 0, read);
                at += read;
            }
        }
    }
}
