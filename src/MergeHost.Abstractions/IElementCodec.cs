namespace MergeHost;

/// <summary>Turns the elements of a type that a format brings along into float32 and back.</summary>
/// <remarks>Stateless: any thread may call it, on any run of whole blocks; the same input gives the same bits on every machine.</remarks>
public interface IElementCodec
{
    /// <summary>Whether <see cref="FromSingle(ReadOnlySpan{float}, Span{byte})"/> can be called.</summary>
    bool CanEncode { get; }

    /// <summary>Converts to float32.</summary>
    /// <param name="source">Whole blocks as stored.</param>
    /// <param name="destination">One number an element.</param>
    void ToSingle(ReadOnlySpan<byte> source, Span<float> destination);

    /// <summary>How many elements are NaN or infinite by their scale, without converting them.</summary>
    /// <remarks>Every block that is copied is asked: it has to be much faster than <see cref="ToSingle"/>.</remarks>
    /// <param name="source">Whole blocks as stored.</param>
    int CountNonFinite(ReadOnlySpan<byte> source) => 0;

    /// <summary>Converts from float32, by the type's own rule of what is nearest.</summary>
    /// <param name="source">The numbers of whole blocks.</param>
    /// <param name="destination">As stored.</param>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> says no.</exception>
    void FromSingle(ReadOnlySpan<float> source, Span<byte> destination);

    /// <summary>Runs that are written begin and end at multiples of this, or at the tensor's end; 1
    /// unless neighbours decide what is nearest.</summary>
    int RunElements => 1;

    /// <summary>Converts a run of a tensor from float32, for types whose rule differs from place to place.</summary>
    /// <param name="source">The numbers of whole blocks.</param>
    /// <param name="destination">As stored.</param>
    /// <param name="firstElement">Where the run begins in the tensor.</param>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> says no.</exception>
    void FromSingle(ReadOnlySpan<float> source, Span<byte> destination, long firstElement) => FromSingle(source, destination);
}
