using MergeHost.Kernels.DTypes;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;

namespace MergeHost.Kernels.Tests.Vectors;

public sealed unsafe class OperandLoopTests
{
    public static TheoryData<LaneWidth, ElementFormat> Widths() => ReduceLoopTests.Widths();

    [Theory]
    [MemberData(nameof(Widths))]
    public void Operand_WithoutSubtrahend_IsTheMinuendWidened(LaneWidth width, ElementFormat format)
    {
        float[] values = Floats.Any(1, 130);
        byte[] stored = KernelMemory.Stored(values, format);
        float[] expected = Widened(stored, format);
        for (int count = 0; count <= values.Length; count++)
        {
            float[] result = [.. Enumerable.Repeat(-1f, count + 1)];
            OperandLoop.Bind(width, format)(KernelMemory.Address(stored), null, result.AsSpan(0, count));
            Assert.Equal(
                expected[..count].Select(BitConverter.SingleToUInt32Bits),
                result[..count].Select(BitConverter.SingleToUInt32Bits));
            Assert.Equal(-1, result[count]);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Operand_WithSubtrahend_IsTheDifferenceInFloat32(LaneWidth width, ElementFormat format)
    {
        byte[] minuend = KernelMemory.Stored([.. Floats.Edges, .. Floats.Normal(2, 101)], format);
        byte[] subtrahend = KernelMemory.Stored([.. Floats.Edges.Reverse(), .. Floats.Normal(3, 101)], format);
        float[] expected = [.. Widened(minuend, format).Zip(Widened(subtrahend, format), (a, b) => (float)((double)a - b))];
        float[] result = new float[expected.Length];
        OperandLoop.Bind(width, format)(KernelMemory.Address(minuend), KernelMemory.Address(subtrahend), result);
        Assert.Equal(Floats.Bits(expected), Floats.Bits(result));
    }

    private static float[] Widened(byte[] stored, ElementFormat format)
    {
        float[] values = new float[stored.Length / KernelMemory.SizeOf(format)];
        DTypeConversion.ToSingle(format == ElementFormat.Single ? DType.F32 : DType.BF16, stored, values);
        return values;
    }
}
