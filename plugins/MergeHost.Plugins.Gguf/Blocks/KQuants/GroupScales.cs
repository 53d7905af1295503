using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>Finds the scales of 16 groups of 16 numbers at once, each group in a lane, with ggml's bits.</summary>
internal static unsafe class GroupScales
{
    private const int Groups = 16;
    private const int Count = 16;
    private const int Tries = 9;

    /// <summary>Finds the scale of <c>w ≈ scale·q</c> for each group as <see cref="ScaleSearch.Scale"/> does for one, q from
    /// −<paramref name="half"/> to <paramref name="half"/> − 1.</summary>
    /// <param name="values">The numbers, group after group.</param>
    /// <param name="weights">What the squared error of each counts.</param>
    /// <param name="half">See above.</param>
    /// <param name="scales">The scale of each group.</param>
    /// <param name="numbers">The q of the best scale, plus <paramref name="half"/>.</param>
    [SkipLocalsInit]
    public static void Find(float* values, float* weights, int half, float* scales, byte* numbers)
    {
        Vector512<float>* value = stackalloc Vector512<float>[Count];
        Vector512<float>* weight = stackalloc Vector512<float>[Count];
        Turn(values, value);
        Turn(weights, weight);
        (Vector512<float> extreme, Vector512<float> isNothing) = Extremes(value);
        Vector512<float> inverse = Vector512.Create((float)-half) / extreme;
        (Vector512<float> product, Vector512<float> square) = Sum(value, weight, half, inverse);
        Vector512<float> scale = Vector512.AndNot(product / square, Vector512.Equals(square, Vector512<float>.Zero));
        Vector512<float> best = scale * product;

        // The scale that fits the extreme came first, then the others from the smallest on.
        for (int step = -Tries; step <= Tries; step++)
        {
            if (step == 0)
            {
                continue;
            }

            Vector512<float> tried = Vector512.Create(-(half + (0.1f * step))) / extreme;
            (product, square) = Sum(value, weight, half, tried);
            Vector512<float> isBetter = Vector512.GreaterThan(square,
                Vector512<float>.Zero) & Vector512.GreaterThan(product * product, best * square);
            scale = Vector512.ConditionalSelect(isBetter, product / square, scale);
            best = Vector512.ConditionalSelect(isBetter, scale * product, best);
            inverse = Vector512.ConditionalSelect(isBetter, tried, inverse);
        }

        Vector512.AndNot(scale, isNothing).Store(scales);
        for (int i = 0; i < Count; i++)
        {
            Store(Round(inverse * value[i], half), half, isNothing, numbers + i);
        }
    }

    /// <summary>
    /// Finds the scale of <c>w ≈ scale·q</c> for each group, q from −<paramref name="half"/> to
    /// <paramref name="half"/> − 1, errors weighted by the square of w: begins with the scale that fits the extreme,
    /// and then moves one number after the other while the fit gets better.
    /// </summary>
    /// <param name="values">The numbers, group after group.</param>
    /// <param name="half">See above.</param>
    /// <param name="scales">The scale of each group.</param>
    /// <param name="numbers">The q, plus <paramref name="half"/>.</param>
    [SkipLocalsInit]
    public static void FindByMoves(float* values, int half, float* scales, byte* numbers)
    {
        Vector512<float>* value = stackalloc Vector512<float>[Count];
        Vector512<float>* weight = stackalloc Vector512<float>[Count];
        Vector512<float>* number = stackalloc Vector512<float>[Count];
        Turn(values, value);
        (Vector512<float> extreme, Vector512<float> isNothing) = Extremes(value);
        Vector512<float> inverse = Vector512.Create((float)-half) / extreme;
        Vector512<float> product = Vector512<float>.Zero;
        Vector512<float> square = Vector512<float>.Zero;
        for (int i = 0; i < Count; i++)
        {
            weight[i] = value[i] * value[i];
            number[i] = Whole(inverse * value[i], half);
            product += weight[i] * value[i] * number[i];
            square += weight[i] * number[i] * number[i];
        }

        // A group in which a round moved nothing moves nothing in the next ones either.
        bool hasMoved = true;
        for (int round = 0; round < 5 && hasMoved; round++)
        {
            Vector512<float> moves = Vector512<float>.Zero;
            for (int i = 0; i < Count; i++)
            {
                moves |= Move(value[i], weight[i], half, ref number[i], ref product, ref square);
            }

            hasMoved = moves.ExtractMostSignificantBits() != 0;
        }

        Vector512.AndNot(product / square, isNothing | ~Vector512.GreaterThan(square, Vector512<float>.Zero)).Store(scales);
        for (int i = 0; i < Count; i++)
        {
            Store(number[i], half, isNothing, numbers + i);
        }
    }

    // The numbers at one place of all groups.
    private static void Store(Vector512<float> number, int half, Vector512<float> isNothing, byte* numbers)
    {
        Vector512<int> shifted = Vector512.ConvertToInt32Native(Vector512.AndNot(number + Vector512.Create((float)half), isNothing));
        for (int group = 0; group < Groups; group++)
        {
            numbers[group * Count] = (byte)shifted[group];
        }
    }

    // The number of the largest magnitude in each group; of several, the first.
    private static (Vector512<float> Extreme, Vector512<float> IsNothing) Extremes(Vector512<float>* value)
    {
        Vector512<float> magnitude = Vector512<float>.Zero;
        Vector512<float> extreme = Vector512<float>.Zero;
        for (int i = 0; i < Count; i++)
        {
            Vector512<float> isLarger = Vector512.GreaterThan(Vector512.Abs(value[i]), magnitude);
            magnitude = Vector512.ConditionalSelect(isLarger, Vector512.Abs(value[i]), magnitude);
            extreme = Vector512.ConditionalSelect(isLarger, value[i], extreme);
        }

        return (extreme, Vector512.LessThan(magnitude, Vector512.Create(ScaleSearch.LeastMagnitude)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Product, Vector512<float> Square) Sum(Vector512<float>* value, Vector512<float>* weight, int half,
        Vector512<float> inverse)
    {
        Vector512<float> product = Vector512<float>.Zero;
        Vector512<float> square = Vector512<float>.Zero;
        for (int i = 0; i < Count; i++)
        {
            Vector512<float> number = Round(inverse * value[i], half);
            product += weight[i] * value[i] * number;
            square += weight[i] * number * number;
        }

        return (product, square);
    }

    // Within the range no number is so large that the sum would lose whole ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Round(Vector512<float> value, int half)
    {
        Vector512<float> rounder = Vector512.Create(ScaleSearch.Rounder);
        return Vector512.MinNative(Vector512.MaxNative(value + rounder - rounder, Vector512.Create((float)-half)),
            Vector512.Create((float)(half - 1)));
    }

    // The nearest whole number within the range, by the bits of a sum: beyond ±2²² it wraps as ggml's does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Whole(Vector512<float> value, int half)
    {
        Vector512<int> whole = ((value + Vector512.Create(ScaleSearch.Rounder)).AsInt32() & Vector512.Create(0x007F_FFFF))
            - Vector512.Create(0x0040_0000);
        return Vector512.ConvertToSingle(Vector512.Min(Vector512.Max(whole, Vector512.Create(-half)), Vector512.Create(half - 1)));
    }

    // Moves a number to where the others of its group would have it, if the fit gets better.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Move(
        Vector512<float> value, Vector512<float> weight, int half, ref Vector512<float> number, ref Vector512<float> product,
        ref Vector512<float> square)
    {
        Vector512<float> otherProduct = product - (weight * value * number);
        Vector512<float> otherSquare = square - (weight * number * number);
        Vector512<float> moved = Whole(value * otherSquare / otherProduct, half);
        Vector512<float> moves = Vector512.GreaterThan(otherProduct, Vector512<float>.Zero) & ~Vector512.Equals(moved, number);
        otherProduct += weight * value * moved;
        otherSquare += weight * moved * moved;
        moves &= Vector512.GreaterThan(otherSquare, Vector512<float>.Zero)
            & Vector512.GreaterThan(otherProduct * otherProduct * square, product * product * otherSquare);
        number = Vector512.ConditionalSelect(moves, moved, number);
        product = Vector512.ConditionalSelect(moves, otherProduct, product);
        square = Vector512.ConditionalSelect(moves, otherSquare, square);
        return moves;
    }

    // The first numbers of all groups, then the second, and so on.
    private static void Turn(float* values, Vector512<float>* turned)
    {
        float* target = (float*)turned;
        for (int group = 0; group < Groups; group++)
        {
            for (int i = 0; i < Count; i++)
            {
                target[(i * Groups) + group] = values[(group * Count) + i];
            }
        }
    }
}
