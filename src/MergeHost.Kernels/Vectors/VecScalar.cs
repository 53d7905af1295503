using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Vectors;

/// <summary>One number: what the wider lanes are compared with, and what does the last elements of a run.</summary>
internal readonly unsafe struct VecScalar : IMemoryVec<VecScalar>
{
    private readonly float _value;

    [MethodImpl(AggressiveInlining)]
    private VecScalar(float value) => _value = value;

    public static int Count => 1;

    public static VecScalar Zero
    {
        [MethodImpl(AggressiveInlining)]
        get => default;
    }

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Of(float value) => new(value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator +(VecScalar a, VecScalar b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator -(VecScalar a, VecScalar b) => new(a._value - b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator -(VecScalar a) => new(-a._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator *(VecScalar a, VecScalar b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator /(VecScalar a, VecScalar b) => new(a._value / b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Abs(VecScalar a) => new(MathF.Abs(a._value));

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Sqrt(VecScalar a) => new(MathF.Sqrt(a._value));

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Min(VecScalar a, VecScalar b) => new(MathF.Min(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Max(VecScalar a, VecScalar b) => new(MathF.Max(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator >(VecScalar a, VecScalar b) => Mask(a._value > b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator <(VecScalar a, VecScalar b) => Mask(a._value < b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator >=(VecScalar a, VecScalar b) => Mask(a._value >= b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator <=(VecScalar a, VecScalar b) => Mask(a._value <= b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Equal(VecScalar a, VecScalar b) => Mask(a._value == b._value);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator &(VecScalar a, VecScalar b) => FromBits(a.Bits & b.Bits);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator |(VecScalar a, VecScalar b) => FromBits(a.Bits | b.Bits);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar operator ~(VecScalar a) => FromBits(~a.Bits);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar Where(VecScalar mask, VecScalar yes, VecScalar no) => mask.Bits != 0 ? yes : no;

    [MethodImpl(AggressiveInlining)]
    public static VecScalar LoadSingle(float* source) => new(*source);

    [MethodImpl(AggressiveInlining)]
    public static VecScalar LoadBFloat16(ushort* source) => new(BFloat16.ToSingle(*source));

    [MethodImpl(AggressiveInlining)]
    public static VecScalar LoadUniform(ushort* source) => new((*source + 0.5f) * (1f / (1 << 16)));

    [MethodImpl(AggressiveInlining)]
    public static void StoreSingle(VecScalar value, float* destination) => *destination = value._value;

    [MethodImpl(AggressiveInlining)]
    public static void StoreBFloat16(VecScalar value, ushort* destination) => *destination = BFloat16.FromSingle(value._value);

    private int Bits
    {
        [MethodImpl(AggressiveInlining)]
        get => BitConverter.SingleToInt32Bits(_value);
    }

    [MethodImpl(AggressiveInlining)]
    private static VecScalar FromBits(int bits) => new(BitConverter.Int32BitsToSingle(bits));

    [MethodImpl(AggressiveInlining)]
    private static VecScalar Mask(bool holds) => FromBits(holds ? -1 : 0);
}
