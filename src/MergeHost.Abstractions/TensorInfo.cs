namespace MergeHost;

/// <summary>What a checkpoint's header tells of one tensor.</summary>
/// <param name="Name">The tensor's name, as Hugging Face spells it.</param>
/// <param name="DType">The type of its elements as stored.</param>
/// <param name="Shape">Its extents, outermost first; elements are stored in row-major order.</param>
public sealed record TensorInfo(string Name, DType DType, TensorShape Shape)
{
    /// <summary>The number of elements, the product of the extents.</summary>
    public long ElementCount => Shape.ElementCount;

    /// <summary>Bytes the tensor takes as stored, without padding.</summary>
    public long LengthBytes => DType.LengthBytes(Shape.ElementCount);
}
