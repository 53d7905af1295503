using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Finds scales by trying many of them, as ggml does, with its bits: each lane has another group or
/// another scale, and sums in ggml's order.</summary>
internal static unsafe class ScaleSearch
{
    /// <summary>What is smaller counts as nothing but zeros.</summary>
    public const float LeastMagnitude = 1e-15f;

    /// <summary>Adding and subtracting it rounds to the nearest whole number, ties to even.</summary>
    public const float Rounder = 12_582_912;

    private const int Lanes = 8;

    /// <summary>The nearest whole number, ties to even, by the bits of a sum: beyond ±2²² it wraps as ggml's does.</summary>
    public static int Nearest(float value) => (BitConverter.SingleToInt32Bits(value + Rounder) & 0x007F_FFFF) - 0x0040_0000;

    /// <summary><c>nearest((value + offset) / scale)</c> from <paramref name="least"/> to
    /// <paramref name="most"/>, plus <paramref name="shift"/>.</summary>
    public static void Divide(float* values, int count, float offset, float scale, int least, int most, int shift, byte* numbers)
    {
        for (int at = 0; at < count; at += Lanes)
        {
            Vector256<float> quotient = (Vector256.Load(values + at) + Vector256.Create(offset)) / Vector256.Create(scale);
            Vector256<int> whole = ((quotient + Vector256.Create(Rounder)).AsInt32() & Vector256.Create(0x007F_FFFF))
                - Vector256.Create(0x0040_0000);
            Rounding.Store(Vector256.Min(Vector256.Max(whole, Vector256.Create(least)), Vector256.Create(most)) + Vector256.Create(shift),
                numbers + at);
        }
    }

    /// <summary>Finds scale and least number of <c>w ≈ scale·q − least</c>, q from 0 to
    /// <paramref name="most"/>, for 8 groups, each in a lane.</summary>
    /// <param name="values">The numbers, group after group.</param>
    /// <param name="weights">What the error of each counts.</param>
    /// <param name="count">How many a group has; at most 32.</param>
    /// <param name="most">The largest q.</param>
    /// <param name="first">The first scale that is tried, as what is added to <paramref name="most"/>.</param>
    /// <param name="apart">How far the next are from each other.</param>
    /// <param name="steps">How many scales are tried after the first.</param>
    /// <param name="isAbsolute">Whether errors count by magnitude, else by square.</param>
    /// <param name="scales">The scale of each group.</param>
    /// <param name="leasts">The least number of each group, negated.</param>
    /// <param name="numbers">The q of the best scale.</param>
    public static void ScalesAndLeasts(
        float* values, float* weights, int count, int most, float first, float apart, int steps, bool isAbsolute, float* scales,
        float* leasts, byte* numbers)
    {
        Vector256<float>* value = stackalloc Vector256<float>[32];
        Vector256<float>* weight = stackalloc Vector256<float>[32];
        Turn(values, count, value);
        Turn(weights, count, weight);
        Vector256<float> min = value[0];
        Vector256<float> max = value[0];
        Vector256<float> sumWeights = weight[0];
        Vector256<float> sumValues = weight[0] * value[0];
        for (int i = 1; i < count; i++)
        {
            // By comparison, so that of 0 and -0 the first is kept.
            min = Vector256.ConditionalSelect(Vector256.LessThan(value[i], min), value[i], min);
            max = Vector256.MaxNative(max, value[i]);
            sumWeights += weight[i];
            sumValues += weight[i] * value[i];
        }

        min = Vector256.ConditionalSelect(Vector256.GreaterThan(min, Vector256<float>.Zero), Vector256<float>.Zero, min);
        Vector256<float> isFlat = Vector256.Equals(max, min);
        Vector256<float> inverse = Inverse(most, max - min);
        Vector256<float> scale = Vector256<float>.One / (Vector256.Create((float)most) / (max - min));
        Vector256<float> from = min;
        Vector256<float> bestError = Error(value, weight, count, most, min, inverse, scale, min, isAbsolute);
        for (int step = 0; step <= steps; step++)
        {
            Vector256<float> tried = Inverse(first + (apart * step) + most, max - min);
            (Vector256<float> newScale, Vector256<float> newMin, Vector256<float> isSolvable) =
                Solve(value, weight, count, most, min, tried, sumWeights, sumValues);
            Vector256<float> error = Error(value, weight, count, most, min, tried, newScale, newMin, isAbsolute);
            Vector256<float> isBetter = Vector256.LessThan(error, bestError) & isSolvable;
            bestError = Vector256.ConditionalSelect(isBetter, error, bestError);
            scale = Vector256.ConditionalSelect(isBetter, newScale, scale);
            inverse = Vector256.ConditionalSelect(isBetter, tried, inverse);
            from = Vector256.ConditionalSelect(isBetter, min, from);

            // The tries after a better one start from its least number.
            min = Vector256.ConditionalSelect(isBetter, newMin, min);
        }

        Vector256.AndNot(scale, isFlat).Store(scales);
        (-min).Store(leasts);
        for (int i = 0; i < count; i++)
        {
            Vector256<float> number = Vector256.AndNot(Round(inverse * (value[i] - from), 0, most), isFlat);
            for (int lane = 0; lane < Lanes; lane++)
            {
                numbers[(lane * count) + i] = (byte)number[lane];
            }
        }
    }

    /// <summary>The same for one group of 32, with 37 scales that are near each other.</summary>
    public static (float Scale, float Least) ScaleAndLeast(float* values, float* weights, int most, byte* numbers)
    {
        const int count = 32;
        float* copies = stackalloc float[Lanes * count];
        float* copiedWeights = stackalloc float[Lanes * count];
        byte* copiedNumbers = stackalloc byte[Lanes * count];
        float* scales = stackalloc float[Lanes];
        float* leasts = stackalloc float[Lanes];
        for (int lane = 0; lane < Lanes; lane++)
        {
            new Span<float>(values, count).CopyTo(new Span<float>(copies + (lane * count), count));
            new Span<float>(weights, count).CopyTo(new Span<float>(copiedWeights + (lane * count), count));
        }

        ScalesAndLeasts(copies, copiedWeights, count, most, first: -0.9f, apart: 0.05f, steps: 36, isAbsolute: false, scales, leasts,
            copiedNumbers);
        new Span<byte>(copiedNumbers, count).CopyTo(new Span<byte>(numbers, count));
        return (scales[0], leasts[0]);
    }

    /// <summary>Finds the scale of <c>w ≈ scale·q</c>, q from −<paramref name="half"/> to <paramref name="half"/> − 1.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="weights">What the squared error of each counts.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="half">See above.</param>
    /// <param name="numbers">The q of the best scale, plus <paramref name="half"/>.</param>
    public static float Scale(float* values, float* weights, int count, int half, byte* numbers)
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
            Sum(values, weights, count, half, inverses + at, products + at, squares + at);
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

    /// <summary>Finds the scale of <c>w ≈ scale·q</c> for numbers from 0 up, q from 0 to <paramref name="most"/>.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="weights">What the squared error of each counts.</param>
    /// <param name="count">How many there are; at most 16.</param>
    /// <param name="most">The largest q.</param>
    /// <param name="numbers">The q of the best scale.</param>
    public static float PositiveScale(float* values, float* weights, int count, int most, byte* numbers)
    {
        float largest = 0;
        for (int i = 0; i < count; i++)
        {
            largest = MathF.Max(largest, values[i]);
        }

        if (largest < LeastMagnitude)
        {
            new Span<byte>(numbers, count).Clear();
            return 0;
        }

        float inverse = BestInverse(values, weights, count, most, largest);
        int* found = stackalloc int[16];
        float product = 0;
        float square = 0;
        for (int i = 0; i < count; i++)
        {
            found[i] = Math.Min(most, Nearest(inverse * values[i]));
            product += weights[i] * values[i] * found[i];
            square += weights[i] * found[i] * found[i];
        }

        for (int round = 0, changes = 1; round < 5 && changes > 0; round++)
        {
            changes = 0;
            for (int i = 0; i < count; i++)
            {
                changes += TryMove(values[i], weights[i], most, ref found[i], ref product, ref square) ? 1 : 0;
            }
        }

        for (int i = 0; i < count; i++)
        {
            numbers[i] = (byte)found[i];
        }

        return square > 0 ? product / square : 0;
    }

    // Moves a number to where the others would have it, if the fit gets better.
    private static bool TryMove(float value, float weight, int most, ref int number, ref float product, ref float square)
    {
        float otherProduct = product - (weight * value * number);
        float otherSquare = square - (weight * number * number);
        if (!(otherProduct > 0) || !(otherSquare > 0))
        {
            return false;
        }

        int moved = Math.Min(most, Nearest(value * otherSquare / otherProduct));
        if (moved == number)
        {
            return false;
        }

        otherProduct += weight * value * moved;
        otherSquare += weight * moved * moved;
        if (!(otherSquare > 0 && otherProduct * otherProduct * square > product * product * otherSquare))
        {
            return false;
        }

        (number, product, square) = (moved, otherProduct, otherSquare);
        return true;
    }

    /// <summary>What errors count by an importance matrix: <c>importance·√(spread + w²)</c>.</summary>
    public static void Weigh(float* values, float* importance, float spread, int count, float* weights)
    {
        for (int at = 0; at < count; at += Lanes)
        {
            Vector256<float> value = Vector256.Load(values + at);
            (Vector256.Load(importance + at) * Vector256.Sqrt(Vector256.Create(spread) + (value * value))).Store(weights + at);
        }
    }

    /// <summary>The square of each number.</summary>
    public static void Square(float* values, int count, float* squares)
    {
        for (int at = 0; at < count; at += Lanes)
        {
            Vector256<float> value = Vector256.Load(values + at);
            (value * value).Store(squares + at);
        }
    }

    /// <summary>The sum, one number after the other.</summary>
    public static float Sum(float* values, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>The sum of squares, one number after the other.</summary>
    public static float SumOfSquares(float* values, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += values[i] * values[i];
        }

        return sum;
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

    // What makes the largest number the largest q comes first, then what makes it a little more or less.
    private static float BestInverse(float* values, float* weights, int count, int most, float largest)
    {
        float best = most / largest;
        float leastError = PositiveError(values, weights, count, int.MaxValue, best);
        for (int step = -4; step <= 4; step++)
        {
            float inverse = ((0.1f * step) + most) / largest;
            float error = step == 0 ? leastError : PositiveError(values, weights, count, most, inverse);
            if (error < leastError)
            {
                (leastError, best) = (error, inverse);
            }
        }

        return best;
    }

    private static float PositiveError(float* values, float* weights, int count, int most, float inverse)
    {
        float scale = 1 / inverse;
        float error = 0;
        for (int i = 0; i < count; i++)
        {
            float difference = values[i] - (scale * Math.Min(most, Nearest(inverse * values[i])));
            error += weights[i] * difference * difference;
        }

        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Round(Vector256<float> value, float least, float most)
    {
        Vector256<float> rounder = Vector256.Create(Rounder);
        return Vector256.MinNative(Vector256.MaxNative(value + rounder - rounder, Vector256.Create(least)), Vector256.Create(most));
    }

    // Where it would be infinite, ggml rounds what it is multiplied by to 0.
    private static Vector256<float> Inverse(float most, Vector256<float> range)
    {
        Vector256<float> inverse = Vector256.Create(most) / range;
        return Vector256.AndNot(inverse, Vector256.Equals(inverse, Vector256.Create(float.PositiveInfinity)));
    }

    // The first numbers of all groups, then the second, and so on.
    private static void Turn(float* values, int count, Vector256<float>* turned)
    {
        for (int i = 0; i < count; i++)
        {
            turned[i] = Vector256.Create(
                values[i], values[count + i], values[(2 * count) + i], values[(3 * count) + i],
                values[(4 * count) + i], values[(5 * count) + i], values[(6 * count) + i], values[(7 * count) + i]);
        }
    }

    // The least squares for the q that a scale gives.
    private static (Vector256<float> Scale, Vector256<float> Least, Vector256<float> IsSolvable) Solve(
        Vector256<float>* value, Vector256<float>* weight, int count, int most, Vector256<float> min, Vector256<float> inverse,
        Vector256<float> sumWeights, Vector256<float> sumValues)
    {
        Vector256<float> sumNumbers = Vector256<float>.Zero;
        Vector256<float> sumSquares = Vector256<float>.Zero;
        Vector256<float> sumProducts = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            Vector256<float> number = Round(inverse * (value[i] - min), 0, most);
            Vector256<float> weighted = weight[i] * number;
            sumNumbers += weighted;
            sumSquares += weighted * number;
            sumProducts += weighted * value[i];
        }

        Vector256<float> determinant = (sumWeights * sumSquares) - (sumNumbers * sumNumbers);
        Vector256<float> scale = ((sumWeights * sumProducts) - (sumValues * sumNumbers)) / determinant;
        Vector256<float> least = ((sumSquares * sumValues) - (sumNumbers * sumProducts)) / determinant;
        Vector256<float> isAbove = Vector256.GreaterThan(least, Vector256<float>.Zero);
        scale = Vector256.ConditionalSelect(isAbove, sumProducts / sumSquares, scale);
        least = Vector256.ConditionalSelect(isAbove, Vector256<float>.Zero, least);
        return (scale, least, Vector256.GreaterThan(determinant, Vector256<float>.Zero));
    }

    private static Vector256<float> Error(
        Vector256<float>* value, Vector256<float>* weight, int count, int most, Vector256<float> min, Vector256<float> inverse,
        Vector256<float> scale, Vector256<float> least, bool isAbsolute)
    {
        Vector256<float> error = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            Vector256<float> difference = (scale * Round(inverse * (value[i] - min), 0, most)) + least - value[i];
            error += weight[i] * (isAbsolute ? Vector256.Abs(difference) : difference * difference);
        }

        return error;
    }

    private static void Sum(float* values, float* weights, int count, int half, float* inverses, float* products, float* squares)
    {
        Vector256<float> inverse = Vector256.Load(inverses);
        Vector256<float> product = Vector256<float>.Zero;
        Vector256<float> square = Vector256<float>.Zero;
        for (int i = 0; i < count; i++)
        {
            float weight = weights[i];
            Vector256<float> number = Round(inverse * Vector256.Create(values[i]), -half, half - 1);
            product += Vector256.Create(weight * values[i]) * number;
            square += Vector256.Create(weight) * number * number;
        }

        product.Store(products);
        square.Store(squares);
    }
}
