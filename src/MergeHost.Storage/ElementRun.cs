namespace MergeHost.Storage;

/// <summary>A run of elements that is read or written.</summary>
public static class ElementRun
{
    /// <summary>Where a run begins, in bytes from the tensor's beginning.</summary>
    /// <exception cref="ArgumentException">The run is not one of whole blocks within the tensor.</exception>
    public static long OffsetBytes(TensorInfo tensor, long firstElement, int lengthBytes)
    {
        DType type = tensor.DType;
        if (firstElement < 0 || firstElement > tensor.ElementCount || lengthBytes % type.BlockBytes != 0)
        {
            throw new ArgumentException($"no whole blocks of '{tensor.Name}' begin at {firstElement} and take {lengthBytes} bytes");
        }

        long offsetBytes = type.LengthBytes(firstElement);
        return offsetBytes <= tensor.LengthBytes - lengthBytes
            ? offsetBytes
            : throw new ArgumentException($"'{tensor.Name}' ends before {lengthBytes} bytes from element {firstElement} on");
    }
}
