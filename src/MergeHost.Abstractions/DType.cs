using System.Collections.Frozen;

namespace MergeHost;

/// <summary>What the bits of an element mean.</summary>
public enum DTypeKind
{
    /// <summary>A floating-point number: can be merged.</summary>
    Float,

    /// <summary>A signed or unsigned integer: is copied, never merged.</summary>
    Integer,

    /// <summary>A truth value: is copied, never merged.</summary>
    Boolean,

    /// <summary>A complex number: is copied, never merged.</summary>
    Complex,

    /// <summary>Several numbers that share a scale, packed into a block.</summary>
    Quantized,
}

/// <summary>An element type, named as a checkpoint spells it on disk.</summary>
/// <remarks>
/// Formats may define types of their own; two types with the same properties are equal. A type whose elements cannot be
/// addressed one by one packs <see cref="BlockElements"/> of them into <see cref="BlockBytes"/> bytes.
/// </remarks>
/// <param name="Name">The token on disk, such as <c>BF16</c>.</param>
/// <param name="Kind">What the bits mean.</param>
/// <param name="BlockBytes">Bytes of one block, at least 1.</param>
/// <param name="BlockElements">Elements of one block, at least 1; 1 for types whose elements stand alone.</param>
public sealed record DType(string Name, DTypeKind Kind, int BlockBytes, int BlockElements = 1)
{
    /// <summary>IEEE 754 binary64.</summary>
    public static readonly DType F64 = new("F64", DTypeKind.Float, 8);

    /// <summary>IEEE 754 binary32.</summary>
    public static readonly DType F32 = new("F32", DTypeKind.Float, 4);

    /// <summary>IEEE 754 binary16.</summary>
    public static readonly DType F16 = new("F16", DTypeKind.Float, 2) { RoundingNoise = 0.0002 };

    /// <summary>The upper 16 bits of binary32.</summary>
    public static readonly DType BF16 = new("BF16", DTypeKind.Float, 2) { RoundingNoise = 0.0017 };

    /// <summary>8 bits: 4 of exponent, 3 of fraction, no infinities, NaN at 0x7F and 0xFF.</summary>
    public static readonly DType F8_E4M3 = new("F8_E4M3", DTypeKind.Float, 1);

    /// <summary>8 bits: 5 of exponent, 2 of fraction, as IEEE 754 would have it.</summary>
    public static readonly DType F8_E5M2 = new("F8_E5M2", DTypeKind.Float, 1);

    /// <summary>8 bits of exponent and nothing else: the scale of a block.</summary>
    public static readonly DType F8_E8M0 = new("F8_E8M0", DTypeKind.Float, 1);

    /// <summary>8 bits: 4 of exponent, 3 of fraction, no negative zero.</summary>
    public static readonly DType F8_E4M3FNUZ = new("F8_E4M3FNUZ", DTypeKind.Float, 1);

    /// <summary>8 bits: 5 of exponent, 2 of fraction, no negative zero.</summary>
    public static readonly DType F8_E5M2FNUZ = new("F8_E5M2FNUZ", DTypeKind.Float, 1);

    /// <summary>6 bits: 2 of exponent, 3 of fraction; four elements in three bytes.</summary>
    public static readonly DType F6_E2M3 = new("F6_E2M3", DTypeKind.Float, 3, 4);

    /// <summary>6 bits: 3 of exponent, 2 of fraction; four elements in three bytes.</summary>
    public static readonly DType F6_E3M2 = new("F6_E3M2", DTypeKind.Float, 3, 4);

    /// <summary>4 bits: 2 of exponent, 1 of fraction; two elements in a byte.</summary>
    public static readonly DType F4 = new("F4", DTypeKind.Float, 1, 2);

    /// <summary>A pair of binary32: real and imaginary part.</summary>
    public static readonly DType C64 = new("C64", DTypeKind.Complex, 8);

    /// <summary>Signed 64-bit integer.</summary>
    public static readonly DType I64 = new("I64", DTypeKind.Integer, 8);

    /// <summary>Signed 32-bit integer.</summary>
    public static readonly DType I32 = new("I32", DTypeKind.Integer, 4);

    /// <summary>Signed 16-bit integer.</summary>
    public static readonly DType I16 = new("I16", DTypeKind.Integer, 2);

    /// <summary>Signed 8-bit integer.</summary>
    public static readonly DType I8 = new("I8", DTypeKind.Integer, 1);

    /// <summary>Unsigned 64-bit integer.</summary>
    public static readonly DType U64 = new("U64", DTypeKind.Integer, 8);

    /// <summary>Unsigned 32-bit integer.</summary>
    public static readonly DType U32 = new("U32", DTypeKind.Integer, 4);

    /// <summary>Unsigned 16-bit integer.</summary>
    public static readonly DType U16 = new("U16", DTypeKind.Integer, 2);

    /// <summary>Unsigned 8-bit integer.</summary>
    public static readonly DType U8 = new("U8", DTypeKind.Integer, 1);

    /// <summary>A truth value in one byte, 0 or 1.</summary>
    public static readonly DType BOOL = new("BOOL", DTypeKind.Boolean, 1);

    /// <summary>
    /// How much is rounded off when weights that are spread normally are stored: the root mean square of it, as a share of their standard
    /// deviation. 0 where it is too little to matter; from 0 to 1.
    /// </summary>
    public double RoundingNoise { get; init; }

    /// <summary>Reads and writes the elements, for a type of a format's own making;
    /// <see langword="null"/> for those that the host knows.</summary>
    /// <remarks>Neither it nor <see cref="RoundingNoise"/> tells types apart: two that are alike in all else are equal.</remarks>
    public IElementCodec? Codec { get; init; }

    private static readonly FrozenDictionary<string, DType> _byName = new[]
    {
        F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F6_E2M3, F6_E3M2, F4,
        C64, I64, I32, I16, I8, U64, U32, U16, U8, BOOL,
    }.ToFrozenDictionary(type => type.Name);

    /// <summary>Every type that is not of a format's own making.</summary>
    public static IReadOnlyCollection<DType> All => _byName.Values;

    /// <summary>Finds a type by its exact token; upper and lower case differ.</summary>
    /// <returns>The type, or <see langword="null"/> if no type of that name is known here.</returns>
    public static DType? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Bytes that <paramref name="elements"/> elements take.</summary>
    /// <exception cref="OverflowException">The number of bytes does not fit 63 bits.</exception>
    /// <exception cref="ArgumentException"><paramref name="elements"/> is negative or does not fill whole blocks.</exception>
    public long LengthBytes(long elements)
    {
        if (elements < 0 || elements % BlockElements != 0)
        {
            throw new ArgumentException($"{elements} elements do not fill whole blocks of {BlockElements} {Name}", nameof(elements));
        }

        return checked(elements / BlockElements * BlockBytes);
    }

    /// <inheritdoc/>
    public bool Equals(DType? other) =>
        other is not null && (Name, Kind, BlockBytes, BlockElements) == (other.Name, other.Kind, other.BlockBytes, other.BlockElements);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind, BlockBytes, BlockElements);

    /// <inheritdoc cref="Name"/>
    public override string ToString() => Name;
}
