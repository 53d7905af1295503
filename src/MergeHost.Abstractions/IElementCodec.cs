namespace MergeHost;

/// <summary>Turns the elements of a type that a format brings along into float32 and back.</summary>
/// <remarks>Stateless: any thread may call it, on any run of whole blocks; the same input gives the same bits on every machine.</remarks>
public interface IElementCodec
{
    /// <summary>Whether <see cref="FromSingle"/> can be called.</summary>
    bool CanEncode { get; }

    /// <summary>Converts to float32.</summary>
    /// <param name="source">Whole blocks as stored.</param>
    /// <param name="destination">One number an element.</param>
    void ToSingle(ReadOnlySpan<byte> source, Span<float> destination);

    /// <summary>Converts from float32, by the type's own rule of what is nearest.</summary>
    /// <param name="source">The numbers of whole blocks.</param>
    /// <param name="destination">As stored.</param>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> says no.</exception>
    void FromSingle(ReadOnlySpan<float> source, Span<byte> destination);
}
