using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace MergeHost.Running.Data;

/// <summary>The digest of a tensor's bytes, made of the digests of its units, so that units can be hashed in any order.</summary>
/// <remarks>XXH128 over the XXH128 of each unit of 65,536 elements, in order; written as 32 hexadecimal digits.</remarks>
internal sealed class TensorDigest(long elements)
{
    /// <summary>How many elements make a unit: what is hashed and summed by itself, and the grain of all work.</summary>
    public const int UnitElements = 1 << 16;

    private readonly UInt128[] _units = new UInt128[UnitsOf(elements)];

    public static int UnitsOf(long elements) => (int)((elements + UnitElements - 1) / UnitElements);

    /// <summary>Whether a unit has been hashed.</summary>
    public bool Has(int unit) => _units[unit] != UInt128.Zero;

    /// <summary>Hashes a unit.</summary>
    public void Add(int unit, ReadOnlySpan<byte> bytes) => _units[unit] = XxHash128.HashToUInt128(bytes);

    /// <summary>Takes over the hash of a unit whose bytes are the same in another tensor.</summary>
    public void Add(int unit, TensorDigest same) => _units[unit] = same._units[unit];

    /// <summary>The digest, once every unit has been hashed.</summary>
    public override string ToString()
    {
        byte[] all = new byte[16 * _units.Length];
        for (int unit = 0; unit < _units.Length; unit++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(all.AsSpan(16 * unit), _units[unit]);
        }

        return Hex(all);
    }

    /// <summary>The digest of a tensor that is read for it.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="read">Reads a run of its elements as stored.</param>
    public static string Of(TensorInfo tensor, Action<TensorInfo, long, Span<byte>> read)
    {
        TensorDigest digest = new(tensor.ElementCount);
        byte[] bytes = new byte[tensor.DType.LengthBytes(Math.Min(UnitElements, tensor.ElementCount))];
        for (int unit = 0; unit < UnitsOf(tensor.ElementCount); unit++)
        {
            long first = (long)unit * UnitElements;
            Span<byte> stored = bytes.AsSpan(0, (int)tensor.DType.LengthBytes(Math.Min(UnitElements, tensor.ElementCount - first)));
            read(tensor, first, stored);
            digest.Add(unit, stored);
        }

        return digest.ToString();
    }

    /// <summary>The digest of several tensors' digests.</summary>
    public static string OfAll(IEnumerable<string> digests) => Hex(Encoding.ASCII.GetBytes(string.Concat(digests)));

    private static string Hex(ReadOnlySpan<byte> bytes) => XxHash128.HashToUInt128(bytes).ToString("x32", CultureInfo.InvariantCulture);
}
