using System.Runtime.InteropServices;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Kernels.Tests.DTypes;

public sealed class NonFiniteCountTests
{
    // Counted are both infinities, quiet and signalling NaN; not counted are the largest number, zero and a subnormal.
    private static readonly ushort[] _bfloat16 = [0x7F80, 0xFF80, 0x7FC0, 0x7F81, 0xFFFF, 0x7F7F, 0xFF7F, 0, 0x8000, 1];
    private static readonly ushort[] _half = [0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFFFF, 0x7BFF, 0xFBFF, 0, 0x8000, 1];
    private static readonly uint[] _single =
        [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7F80_0001, 0xFFFF_FFFF, 0x7F7F_FFFF, 0xFF7F_FFFF, 0, 0x8000_0000, 1];

    private static readonly ulong[] _double =
    [
        0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, ulong.MaxValue,
        0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF, 0, 0x8000_0000_0000_0000, 1,
    ];

    public static TheoryData<string, int> Lengths()
    {
        TheoryData<string, int> data = [];
        foreach (string type in new[] { "BF16", "F16", "F32", "F64" })
        {
            foreach (int length in new[] { 0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130 })
            {
                data.Add(type, length);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Of_AnyLength_CountsWhatIsNoFiniteNumber(string type, int length)
    {
        byte[] stored = type switch
        {
            "BF16" => Repeat(_bfloat16, length),
            "F16" => Repeat(_half, length),
            "F32" => Repeat(_single, length),
            _ => Repeat(_double, length),
        };
        int expected = Enumerable.Range(0, length).Count(i => i % 10 < 5);
        Assert.Equal(expected, NonFiniteCount.Of(DType.Find(type)!, stored));
    }

    [Theory]
    [InlineData("I32")]
    [InlineData("U8")]
    [InlineData("BOOL")]
    public void Of_ATypeWithoutThem_IsZero(string type) =>
        Assert.Equal(0, NonFiniteCount.Of(DType.Find(type)!, [.. Enumerable.Repeat((byte)0xFF, 64)]));

    private static byte[] Repeat<T>(T[] patterns, int length)
        where T : unmanaged =>
        MemoryMarshal.AsBytes<T>([.. Enumerable.Range(0, length).Select(i => patterns[i % patterns.Length])]).ToArray();
}
