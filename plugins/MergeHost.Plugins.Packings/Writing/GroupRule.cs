using System.Numerics.Tensors;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>How a packing makes a group's scale from its greatest weight, and codes from weights and scale.</summary>
/// <remarks>Each as the packing's own library does it, with one rounding for each operation, and whole numbers of tensors
/// divided as PyTorch does: <c>(1/x)·n</c>.</remarks>
/// <param name="type">The type that the library holds the weights in.</param>
internal abstract class GroupRule(DType type)
{
    /// <summary>The type that the library holds the weights in.</summary>
    protected DType Type => type;

    /// <summary>The number of each code.</summary>
    public abstract float[] Table { get; }

    /// <summary>What is stored once for all groups, of the greatest weight of the tensor and those measured with it.</summary>
    public virtual float Whole(float greatest) => 0;

    /// <summary>The scale of a group.</summary>
    /// <param name="greatest">The greatest magnitude in it.</param>
    /// <param name="whole">What <see cref="Whole"/> said.</param>
    public abstract GroupScale Scale(float greatest, float whole);

    /// <summary>The codes of weights of one group.</summary>
    /// <param name="weights">The weights; overwritten.</param>
    /// <param name="scale">The group's scale.</param>
    /// <param name="codes">One for each.</param>
    public abstract void Encode(Span<float> weights, GroupScale scale, Span<byte> codes);

    /// <summary>Divides by the scale, rounds to the type and clamps.</summary>
    protected void Divide(Span<float> weights, float scale, float least, float greatest)
    {
        TensorPrimitives.Divide(weights, scale, weights);
        SmallFloats.Round(weights, type);
        TensorPrimitives.Clamp(weights, least, greatest, weights);
    }
}

/// <summary>A group's scale.</summary>
/// <param name="Stored">What is stored of it.</param>
/// <param name="Factor">What weights are divided or multiplied by.</param>
/// <param name="Step">What a code's number is multiplied by to give the weight again.</param>
internal readonly record struct GroupScale(float Stored, float Factor, float Step);

/// <summary>compressed-tensors: <c>amax / range</c> in the type of the weights; a scale of 0 becomes the type's epsilon.</summary>
/// <param name="type">The type that the library holds the weights in.</param>
/// <param name="bits">8 for FP8's E4M3 where <paramref name="isFloat"/>; else of a whole number.</param>
/// <param name="isFloat">Whether codes are E4M3.</param>
internal sealed class RangeRule(DType type, int bits, bool isFloat) : GroupRule(type)
{
    private readonly float _range = isFloat ? SmallFloats.GreatestE4M3 : ((1 << bits) - 1) / 2f;

    public override float[] Table { get; } = isFloat
        ? Reading.Tables.E4M3
        : bits == 8 ? Reading.Tables.Signed : Reading.Tables.Less(1 << (bits - 1));

    public override GroupScale Scale(float greatest, float whole)
    {
        float scale = SmallFloats.Rounded(greatest / _range, Type);
        scale = scale == 0 ? Type == DType.F32 ? 1.1920929E-07f : Type == DType.BF16 ? 0.0078125f : 0.0009765625f : scale;
        return new GroupScale(scale, scale, scale);
    }

    public override void Encode(Span<float> weights, GroupScale scale, Span<byte> codes)
    {
        if (isFloat)
        {
            Divide(weights, scale.Factor, -SmallFloats.GreatestE4M3, SmallFloats.GreatestE4M3);
            SmallFloats.ToE4M3(weights, codes);
            return;
        }

        int half = 1 << (bits - 1);
        Divide(weights, scale.Factor, -half, half - 1);
        int zero = bits == 8 ? 0 : half;
        for (int i = 0; i < weights.Length; i++)
        {
            codes[i] = (byte)((int)MathF.Round(weights[i]) + zero);
        }
    }
}

/// <summary>transformers' FP8: <c>k = (1/amax)·448</c>, stored <c>1/k</c>, or the power of two that
/// is no less; a block of zeros has 1.</summary>
/// <param name="isPower">Whether scales are powers of two.</param>
internal sealed class InverseRule(bool isPower) : GroupRule(DType.F32)
{
    public override float[] Table => Reading.Tables.E4M3;

    public override GroupScale Scale(float greatest, float whole)
    {
        float reciprocal = 1 / greatest;
        float factor = reciprocal * SmallFloats.GreatestE4M3;
        factor = float.IsFinite(factor) ? factor : 1;
        float stored = 1 / factor;
        if (isPower)
        {
            // A logarithm in float32, as the library has it, takes what is just above a power for the power.
            stored = MathF.ScaleB(1, (int)MathF.Ceiling((float)Math.Log2(MathF.Max(stored, 1.17549435E-38f))));
            factor = 1 / stored;
        }

        return new GroupScale(stored, factor, stored);
    }

    public override void Encode(Span<float> weights, GroupScale scale, Span<byte> codes)
    {
        TensorPrimitives.Multiply(weights, scale.Factor, weights);
        TensorPrimitives.Clamp(weights, -SmallFloats.GreatestE4M3, SmallFloats.GreatestE4M3, weights);
        SmallFloats.ToE4M3(weights, codes);
    }
}

/// <summary>NVFP4: codes of E2M1, under scales of groups that are E4M3, under one scale of all.</summary>
/// <param name="type">The type that the library holds the weights in.</param>
internal abstract class TwoScaleRule(DType type) : GroupRule(type)
{
    public override float[] Table => Reading.Tables.E2M1;

    public override void Encode(Span<float> weights, GroupScale scale, Span<byte> codes)
    {
        TensorPrimitives.Divide(weights, scale.Factor, weights);
        TensorPrimitives.Clamp(weights, -SmallFloats.GreatestE2M1, SmallFloats.GreatestE2M1, weights);
        Zeros.Unsign(weights);
        SmallFloats.ToE2M1(weights, codes);
    }
}

/// <summary>compressed-tensors' NVFP4: scales of groups are E4M3, under one that divides them all.</summary>
/// <param name="type">The type that the library holds the weights in.</param>
internal sealed class GlobalRule(DType type) : TwoScaleRule(type)
{
    private const float LeastScale = 0.125f;

    public override float Whole(float greatest)
    {
        float reciprocal = SmallFloats.Rounded(1 / greatest, Type);
        float scale = SmallFloats.Rounded(reciprocal * (SmallFloats.GreatestE4M3 * SmallFloats.GreatestE2M1), Type);
        return float.IsFinite(scale) ? scale : 1;
    }

    public override GroupScale Scale(float greatest, float whole)
    {
        float scaled = whole * SmallFloats.Rounded(greatest / SmallFloats.GreatestE2M1, Type);
        float stored = Reading.Tables.E4M3[SmallFloats.ToE4M3(MathF.Min(scaled, SmallFloats.GreatestE4M3))];
        stored = stored == 0 ? LeastScale : stored;
        float factor = stored / whole;
        return new GroupScale(stored, factor, factor);
    }
}

/// <summary>ModelOpt's NVFP4: the same with a second scale that multiplies, <c>amax / (448·6)</c>.</summary>
internal sealed class SecondScaleRule() : TwoScaleRule(DType.F32)
{
    public override float Whole(float greatest) => greatest > 0 ? greatest / (SmallFloats.GreatestE4M3 * SmallFloats.GreatestE2M1) : 1;

    public override GroupScale Scale(float greatest, float whole)
    {
        float scaled = greatest / (SmallFloats.GreatestE2M1 * whole);
        float stored = greatest > 0
            ? Reading.Tables.E4M3[SmallFloats.ToE4M3(Math.Clamp(scaled, 0.001953125f, SmallFloats.GreatestE4M3))]
            : 1;
        float factor = stored * whole;
        return new GroupScale(stored, factor, factor);
    }
}

/// <summary>MXFP4: a power of two, by compressed-tensors' rule (a quarter up, else down) or the one of OpenAI's
/// kernels (up, so that nothing is clipped).</summary>
/// <param name="type">The type that the library holds the weights in.</param>
/// <param name="roundsUp">Whether the second rule holds.</param>
internal sealed class PowerRule(DType type, bool roundsUp) : GroupRule(type)
{
    // Half of the step between fractions of two bits: from 1.75 on a number counts as the next power.
    private const uint Quarter = 1 << 21;

    public override float[] Table => Reading.Tables.E2M1;

    public override GroupScale Scale(float greatest, float whole)
    {
        byte exponent = roundsUp
            ? (byte)((BitConverter.SingleToUInt32Bits(greatest / SmallFloats.GreatestE2M1) + 0x7F_FFFF) >> 23)
            : (byte)Math.Clamp((int)((BitConverter.SingleToUInt32Bits(greatest) + Quarter) >> 23) - 2, 0, 254);
        float step = Reading.Tables.Exponents[exponent];
        float factor = !roundsUp ? step : exponent == 0 ? 0 : 1 / step;
        return new GroupScale(step, factor, step);
    }

    public override void Encode(Span<float> weights, GroupScale scale, Span<byte> codes)
    {
        if (roundsUp)
        {
            TensorPrimitives.Multiply(weights, scale.Factor, weights);
        }
        else
        {
            Divide(weights, scale.Factor, -SmallFloats.GreatestE2M1, SmallFloats.GreatestE2M1);
            Zeros.Unsign(weights);
        }

        SmallFloats.ToE2M1(weights, codes);
    }
}

internal static class Zeros
{
    /// <summary>Takes the sign from zeros, but not from what is rounded to zero later.</summary>
    public static void Unsign(Span<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] += 0f;
        }
    }
}
