using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>Finds scales for the codebook of IQ4_NL by trying many, as ggml does, with its bits: each lane tries another scale.</summary>
internal static unsafe class CodebookSearch
{
    private const int Elements = 32;
    private const int Lanes = 8;
    private const int Most = 7;

    private static readonly float[] _book = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // A number chooses an entry from the middle between it and the one before on; doubled, to be whole.
    private static readonly float[] _middles = [.. _book.Zip(_book.Skip(1), (low, high) => low + high)];

    /// <summary>The scale of <c>w ≈ scale·c[q]</c>.</summary>
    /// <param name="values">32 numbers.</param>
    /// <param name="weights">What the squared error of each counts.</param>
    public static float Scale(float* values, float* weights)
    {
        float extreme = ScaleSearch.Extreme(values, Elements);
        if (MathF.Abs(extreme) < ScaleSearch.LeastMagnitude)
        {
            return 0;
        }

        // The scale that fits the extreme comes first.
        float* inverses = stackalloc float[2 * Lanes];
        inverses[0] = 1 / (-extreme / _book[0]);
        for (int step = -Most; step <= Most; step++)
        {
            inverses[step + Most + 1] = (step + _book[0]) / extreme;
        }

        float* products = stackalloc float[2 * Lanes];
        float* squares = stackalloc float[2 * Lanes];
        Sum(values, weights, inverses, products, squares);
        Sum(values, weights, inverses + Lanes, products + Lanes, squares + Lanes);
        float scale = squares[0] > 0 ? products[0] / squares[0] : 0;
        float best = scale * products[0];
        for (int lane = 1; lane < 2 * Lanes; lane++)
        {
            if (squares[lane] > 0 && products[lane] * products[lane] > best * squares[lane])
            {
                scale = products[lane] / squares[lane];
                best = scale * products[lane];
            }
        }

        return scale;
    }

    /// <summary>The nearest entry of each of 32 numbers.</summary>
    public static void Choose(float* values, float inverse, byte* numbers)
    {
        for (int at = 0; at < Elements; at += Lanes)
        {
            Vector256<float> scaled = Vector256.Load(values + at) * Vector256.Create(inverse);
            Vector256<float> doubled = scaled + scaled;
            Vector256<int> index = Vector256<int>.Zero;
            foreach (float middle in _middles)
            {
                index -= Vector256.GreaterThanOrEqual(doubled, Vector256.Create(middle)).AsInt32();
            }

            Rounding.Store(index, numbers + at);
        }
    }

    private static void Sum(float* values, float* weights, float* inverses, float* products, float* squares)
    {
        Vector256<float> inverse = Vector256.Load(inverses);
        Vector256<float> product = Vector256<float>.Zero;
        Vector256<float> square = Vector256<float>.Zero;
        for (int i = 0; i < Elements; i++)
        {
            Vector256<float> value = Vector256.Create(values[i]);
            Vector256<float> weight = Vector256.Create(weights[i]);
            Vector256<float> entry = Nearest(value * inverse);
            Vector256<float> weighted = weight * entry;
            product += weighted * value;
            square += weighted * entry;
        }

        product.Store(products);
        square.Store(squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Nearest(Vector256<float> scaled)
    {
        Vector256<float> doubled = scaled + scaled;
        Vector256<float> entry = Vector256.Create(_book[0]);
        for (int index = 0; index < _middles.Length; index++)
        {
            Vector256<float> isBeyond = Vector256.GreaterThanOrEqual(doubled, Vector256.Create(_middles[index]));
            entry = Vector256.ConditionalSelect(isBeyond, Vector256.Create(_book[index + 1]), entry);
        }

        return entry;
    }
}
