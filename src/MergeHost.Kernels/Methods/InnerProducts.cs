using System.Buffers;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Methods;

/// <summary>All inner products among sources, or among task vectors, in float64: what angles and lengths are found from.</summary>
public static class InnerProducts
{
    /// <summary>How many there are among some vectors.</summary>
    public static int Count(int sources) => sources * (sources + 1) / 2;

    /// <summary>The function that finds them, as the upper triangle of their matrix, row by row.</summary>
    /// <param name="sources">How many sources.</param>
    /// <param name="ofTaskVectors">Whether the base is subtracted first, in float32.</param>
    public static RunFunction Among(int sources, bool ofTaskVectors) =>
        ofTaskVectors
            ? (in run, products) => OfTaskVectors(run, sources, products)
            : (in run, products) => OfSources(run, sources, products);

    private static void OfSources(in TensorRun run, int sources, Span<double> products)
    {
        int next = 0;
        for (int i = 0; i < sources; i++)
        {
            for (int j = i; j < sources; j++)
            {
                products[next++] = RunArithmetic.Dot(run.Source(i), run.Source(j));
            }
        }
    }

    private static void OfTaskVectors(in TensorRun run, int sources, Span<double> products)
    {
        int length = run.Base.Length;
        float[] taskVectors = ArrayPool<float>.Shared.Rent(sources * length);
        for (int i = 0; i < sources; i++)
        {
            RunArithmetic.Subtract(run.Source(i), run.Base, taskVectors.AsSpan(i * length, length));
        }

        OfSources(new TensorRun(default, taskVectors.AsSpan(0, sources * length), length), sources, products);
        ArrayPool<float>.Shared.Return(taskVectors);
    }
}
