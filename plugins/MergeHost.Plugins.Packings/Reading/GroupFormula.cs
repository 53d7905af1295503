namespace MergeHost.Plugins.Packings.Reading;

/// <summary>Makes weights from codes, with one rounding for each operation.</summary>
internal abstract class GroupFormula
{
    /// <summary><c>code · scale</c>.</summary>
    public static readonly GroupFormula Scaled = new Loop<ScaledLane>();

    /// <summary><c>(code − zero) · scale</c>.</summary>
    public static readonly GroupFormula Shifted = new Loop<ShiftedLane>();

    /// <summary><c>code · scale + bias</c>, the bias standing where others have a zero point.</summary>
    public static readonly GroupFormula Biased = new Loop<BiasedLane>();

    /// <summary><c>scale · code − shift</c>, the shift standing where others have a zero point.</summary>
    public static readonly GroupFormula Lowered = new Loop<LoweredLane>();

    /// <summary><c>(code · scale) · (1 / 127)</c>.</summary>
    public static readonly GroupFormula RowMaximum = new Loop<RowMaximumLane>();

    private interface ILane
    {
        static abstract float Of(float code, float scale, float zero);
    }

    /// <summary>Weights that share a scale.</summary>
    public abstract void Run(ReadOnlySpan<byte> codes, float[] table, float scale, float zero, Span<float> weights);

    /// <summary>Weights that have a scale each.</summary>
    public abstract void Each(ReadOnlySpan<byte> codes, float[] table, ReadOnlySpan<float> scales, ReadOnlySpan<float> zeros,
        Span<float> weights);

    /// <summary>Weights whose scale an index finds.</summary>
    public abstract void Found(
        ReadOnlySpan<byte> codes, float[] table, ReadOnlySpan<int> groups, ReadOnlySpan<float> scales, ReadOnlySpan<float> zeros,
        Span<float> weights);

    private sealed class Loop<TLane> : GroupFormula
        where TLane : struct, ILane
    {
        public override void Run(ReadOnlySpan<byte> codes, float[] table, float scale, float zero, Span<float> weights)
        {
            ReadOnlySpan<float> numbers = table.AsSpan(0, 256);
            weights = weights[..codes.Length];
            for (int i = 0; i < codes.Length; i++)
            {
                weights[i] = TLane.Of(numbers[codes[i]], scale, zero);
            }
        }

        public override void Each(ReadOnlySpan<byte> codes, float[] table, ReadOnlySpan<float> scales, ReadOnlySpan<float> zeros,
            Span<float> weights)
        {
            ReadOnlySpan<float> numbers = table.AsSpan(0, 256);
            weights = weights[..codes.Length];
            scales = scales[..codes.Length];
            if (zeros.IsEmpty)
            {
                for (int i = 0; i < codes.Length; i++)
                {
                    weights[i] = TLane.Of(numbers[codes[i]], scales[i], 0);
                }

                return;
            }

            zeros = zeros[..codes.Length];
            for (int i = 0; i < codes.Length; i++)
            {
                weights[i] = TLane.Of(numbers[codes[i]], scales[i], zeros[i]);
            }
        }

        public override void Found(
            ReadOnlySpan<byte> codes, float[] table, ReadOnlySpan<int> groups, ReadOnlySpan<float> scales, ReadOnlySpan<float> zeros,
            Span<float> weights)
        {
            for (int i = 0; i < codes.Length; i++)
            {
                weights[i] = TLane.Of(table[codes[i]], scales[groups[i]], zeros.IsEmpty ? 0 : zeros[groups[i]]);
            }
        }
    }

    private readonly struct ScaledLane : ILane
    {
        public static float Of(float code, float scale, float zero) => code * scale;
    }

    private readonly struct ShiftedLane : ILane
    {
        public static float Of(float code, float scale, float zero) => (code - zero) * scale;
    }

    private readonly struct BiasedLane : ILane
    {
        public static float Of(float code, float scale, float zero)
        {
            float product = code * scale;
            return product + zero;
        }
    }

    private readonly struct LoweredLane : ILane
    {
        public static float Of(float code, float scale, float zero)
        {
            float product = code * scale;
            return product - zero;
        }
    }

    private readonly struct RowMaximumLane : ILane
    {
        public static float Of(float code, float scale, float zero)
        {
            float product = code * scale;
            return product * (1f / 127f);
        }
    }
}
