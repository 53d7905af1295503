using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Finds scales by trying many of them, as ggml does, with its bits: each lane tries another scale, and sums in ggml's order.</summary>
internal static unsafe class ScaleSearch
{
    /// <summary>What is smaller counts as nothing but zeros.</summary>
    public const float LeastMagnitude = 1e-15f;

    private const int Lanes = 8;

    // Adding and subtracting it rounds to the nearest whole number, ties to even.
    private const float Rounder = 12_582_912;

    /// <summary>The nearest whole number, ties to even, by the bits of a sum: beyond ±2²² it wraps as ggml's does.</summary>
    public static int Nearest(float value) => (BitConverter.SingleToInt32Bits(value + Rounder) & 0x007F_FFFF) - 0x0040_0000;

    /// <summary><c>nearest((value + offset) / scale)</c> from <paramref name="least"/> to <paramref name="most"/>, plus <paramref name="shift"/>.</summary>
    public static void Divide(float* values, int count, float offset, float scale, int least, int most, int shift, byte* numbers)
    {
        for (int at = 0; at < count; at += Lanes)
        {
            Vector256<float> quotient = (Vector256.Load(values + at) + Vector256.Create(offset)) / Vector256.Create(scale);
            Vector256<int> whole = ((quotient + Vector256.Create(Rounder)).AsInt32() & Vector256.Create(0x007F_FFFF)) - Vector256.Create(0x0040_0000);
            Rounding.Store(Vector256.Min(Vector256.Max(whole, Vector256.Create(least)), Vector256.Create(most)) + Vector256.Create(shift), numbers + at);
        }
    }

    /// <summary>Finds scale and least number of <c>w ≈ scale·q − least</c>, q from 0 to <paramref name="most"/>.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="weights">What the error of each counts.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="most">The largest q.</param>
    /// <param name="first">The first scale that is tried, as what is added to <paramref name="most"/>; the next are 0.1 apart.</param>
    /// <param name="steps">How many scales are tried after the first.</param>
    /// <param name="isAbsolute">Whether errors count by magnitude, else by square.</param>
    /// <param name="numbers">The q of the best scale.</param>
    public static (float Scale, float Least) ScaleAndLeast(
        float* values, float* weights, int count, int most, float first, int steps, bool isAbsolute, byte* numbers)
    {
        float min = values[0];
        float max = values[0];
        float sumWeights = weights[0];
        float sumValues = sumWeights * values[0];
        for (int i = 1; i < count; i++)
        {
            min = values[i] < min ? values[i] : min;
            max = values[i] > max ? values[i] : max;
            sumWeights += weights[i];
            sumValues += weights[i] * values[i];
        }

        min = min > 0 ? 0 : min;
        if (max == min)
        {
            new Span<byte>(numbers, count).Clear();
            return (0, -min);
        }

        float* inverses = stackalloc float[Lanes];
        float* scales = stackalloc float[Lanes];
        float* leasts = stackalloc float[Lanes];
        float* errors = stackalloc float[Lanes];
        float inverse = most / (max - min);
        (float scale, float from) = (1 / inverse, min);
        float bestError = Error(values, weights, count, most, min, inverse, scale, isAbsolute);
        for (int step = 0; step <= steps;)
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                inverses[lane] = (first + (0.1f * Math.Min(step + lane, steps)) + most) / (max - min);
            }

            Try(values, weights, count, most, min, sumWeights, sumValues, isAbsolute, inverses, scales, leasts, errors);
            int better = FirstBelow(errors, bestError);
            step += Math.Min(better + 1, Lanes);
            if (better < Lanes)
            {
                // The tries after a better one start from its least number.
                (bestError, scale, inverse, from, min) = (errors[better], scales[better], inverses[better], min, leasts[better]);
            }
        }

        for (int i = 0; i < count; i++)
        {
            numbers[i] = (byte)Math.Clamp(Nearest(inverse * (values[i] - from)), 0, most);
        }

        return (scale, -min);
    }

    /// <summary>Finds the scale of <c>w ≈ scale·q</c>, q from −<paramref name="half"/> to <paramref name="half"/> − 1, errors weighted by the square of w.</summary>
    /// <param name="numbers">The q of the best scale, plus <paramref name="half"/>.</param>
    public static float Scale(float* values, int count, int half, byte* numbers)
    {
        float extreme = Extreme(values, count);
        if (MathF.Abs(extreme) < LeastMagnitude)
        {
            new Span<byte>(numbers, count).Clear();
            return 0;
        }

        // The scale that fits the extreme comes first, then the others from the smallest on.
        const int tries = 19;
        float* inverses = stackalloc float[3 * Lanes];
        for (int lane = 0; lane < 3 * Lanes; lane++)
        {
            int step = lane == 0 ? 0 : lane <= 9 ? lane - 10 : Math.Min(lane, tries - 1) - 9;
            inverses[lane] = -(half + (0.1f * step)) / extreme;
        }

        float* products = stackalloc float[3 * Lanes];
        float* squares = stackalloc float[3 * Lanes];
        for (int at = 0; at < tries; at += Lanes)
        {
            Sum(values, count, half, inverses + at, products + at, squares + at);
        }

        float scale = squares[0] != 0 ? products[0] / squares[0] : 0;
        float best = scale * products[0];
        float inverse = inverses[0];
        for (int lane = 1; lane < tries; lane++)
        {
            if (squares[lane] > 0 && products[lane] * products[lane] > best * squares[lane])
            {
                scale = products[lane] / squares[lane];
                best = scale * products[lane];
                inverse = inverses[lane];
            }
        }

        for (int i = 0; i < count; i++)
        {
            numbers[i] = (byte)(half + Math.Clamp(Nearest(inverse * values[i]), -half, half - 1));
        }

        return scale;
    }

    /// <summary>The number of the largest magnitude with its sign; of several, the first.</summary>
    public static float Extreme(float* values, int count)
    {
        float magnitude = 0;
        float extreme = 0;
        for (int i = 0; i < count; i++)
        {
            float next = MathF.Abs(values[i]);
            if (next > magnitude)
            {
                (magnitude, extreme) = (next, values[i]);
            }
        }

        return extreme;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Round(Vector256<float> value, float least, float most)
    {
        Vector256<float> rounder = Vector256.Create(Rounder);
        return Vector256.MinNative(Vector256.MaxNative(value + rounder - rounder, Vector256.Create(least)), Vector256.Create(most));
    }

    // The lane of the first error that is less, or the number of lanes if none is.
    private static int FirstBelow(float* errors, float most)
    {
        uint found = Vector256.LessThan(Vector256.Load(errors), Vector256.Create(most)).ExtractMostSignificantBits();
        return found == 0 ? Lanes : BitOperations.TrailingZeroCount(found);
    }

    // The least squares of one scale a lane, and the error that they leave; infinite where there are none.
    private static void Try(
        float* values, float* weights, int count, int most, float min, float sumWeights, float sumValues, bool isAbsolute,
        float* inverses, float* scales, float* leasts, float* errors)
    {
        Vector256<float> inverse = Vector256.Load(inverses);
        Vector256<float> sumNumbers = Vector256<float>.Zero;
        Vector256<float> sumSquares = Vector256<float>.Zero;
        Vector256<float> sumProducts = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            Vector256<float> number = Round(inverse * Vector256.Create(values[i] - min), 0, most);
            Vector256<float> weighted = Vector256.Create(weights[i]) * number;
            sumNumbers += weighted;
            sumSquares += weighted * number;
            sumProducts += weighted * Vector256.Create(values[i]);
        }

        Vector256<float> weightSum = Vector256.Create(sumWeights);
        Vector256<float> valueSum = Vector256.Create(sumValues);
        Vector256<float> determinant = (weightSum * sumSquares) - (sumNumbers * sumNumbers);
        Vector256<float> scale = ((weightSum * sumProducts) - (valueSum * sumNumbers)) / determinant;
        Vector256<float> least = ((sumSquares * valueSum) - (sumNumbers * sumProducts)) / determinant;
        Vector256<float> isAbove = Vector256.GreaterThan(least, Vector256<float>.Zero);
        scale = Vector256.ConditionalSelect(isAbove, sumProducts / sumSquares, scale);
        least = Vector256.ConditionalSelect(isAbove, Vector256<float>.Zero, least);
        Vector256<float> error = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            Vector256<float> value = Vector256.Create(values[i]);
            Vector256<float> difference = (scale * Round(inverse * Vector256.Create(values[i] - min), 0, most)) + least - value;
            difference = isAbsolute ? Vector256.Abs(difference) : difference * difference;
            error += Vector256.Create(weights[i]) * difference;
        }

        Vector256<float> isSolvable = Vector256.GreaterThan(determinant, Vector256<float>.Zero);
        Vector256.ConditionalSelect(isSolvable, error, Vector256.Create(float.PositiveInfinity)).Store(errors);
        scale.Store(scales);
        least.Store(leasts);
    }

    private static float Error(float* values, float* weights, int count, int most, float min, float inverse, float scale, bool isAbsolute)
    {
        float error = 0;
        for (int i = 0; i < count; i++)
        {
            float difference = (scale * Math.Clamp(Nearest(inverse * (values[i] - min)), 0, most)) + min - values[i];
            error += weights[i] * (isAbsolute ? MathF.Abs(difference) : difference * difference);
        }

        return error;
    }

    private static void Sum(float* values, int count, int half, float* inverses, float* products, float* squares)
    {
        Vector256<float> inverse = Vector256.Load(inverses);
        Vector256<float> product = Vector256<float>.Zero;
        Vector256<float> square = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            float weight = values[i] * values[i];
            Vector256<float> number = Round(inverse * Vector256.Create(values[i]), -half, half - 1);
            product += Vector256.Create(weight * values[i]) * number;
            square += Vector256.Create(weight) * number * number;
        }

        product.Store(products);
        square.Store(squares);
    }
}
