using System.Buffers.Binary;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>Tensors that describe others: they are read at once, as shapes follow from them.</summary>
internal static class Integers
{
    private const int MostBytes = 1 << 16;

    /// <summary>The numbers of a tensor of whole numbers.</summary>
    public static long[] Read(PackedModel model, TensorInfo tensor)
    {
        byte[] bytes = Bytes(model, tensor);
        int size = tensor.DType.BlockBytes;
        return tensor.ElementCount == 0 || tensor.DType.Kind is not (DTypeKind.Integer or DTypeKind.Boolean)
            ? throw model.Fail(tensor, $"expected whole numbers, found {tensor.DType} {tensor.Shape}")
            : [.. Enumerable.Range(0, (int)tensor.ElementCount).Select(i => Number(bytes.AsSpan(i * size, size)))];
    }

    /// <summary>The shape that a tensor of whole numbers says.</summary>
    public static TensorShape ReadShape(PackedModel model, TensorInfo tensor)
    {
        long[] extents = Read(model, tensor);
        return ToShape(extents, () => model.Fail(tensor, $"it says the shape [{string.Join(", ", extents.Take(4))}]"));
    }

    /// <summary>A shape that strangers wrote.</summary>
    public static TensorShape ToShape(long[] extents, Func<Exception> fail)
    {
        try
        {
            return TensorShape.Create(extents);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException)
        {
            throw fail();
        }
    }

    /// <summary>The bytes of a small tensor.</summary>
    public static byte[] Bytes(PackedModel model, TensorInfo tensor)
    {
        if (tensor.LengthBytes > MostBytes)
        {
            throw model.Fail(tensor, $"it should describe another tensor, and has {tensor.LengthBytes} bytes");
        }

        byte[] bytes = new byte[tensor.LengthBytes];
        model.Checkpoint.Read(tensor, 0, bytes);
        return bytes;
    }

    private static long Number(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
