using System.Diagnostics;
using MergeHost.Kernels.Selection;
using MergeHost.Running.Scheduling;
using MergeHost.Strategies;

namespace MergeHost.Running.Statistics;

/// <summary>A few values of an operand from all over tensors, by which the smallest of its largest is estimated.</summary>
internal static class MagnitudeSample
{
    private const int LeastChunks = 128;
    private const int MostChunks = 2048;
    private const long ElementsPerChunk = 1 << 17;

    // Where reading takes longer, the files are not in memory: more passes then cost less than jumping about; and the
    // larger a tensor, the more they cost.
    private const double NanosecondsPerElement = 1;
    private static readonly TimeSpan _leastTime = TimeSpan.FromMilliseconds(25);

    /// <summary>Estimates the magnitude from which on the largest values are kept.</summary>
    /// <param name="readers">One for each tensor, in order.</param>
    /// <param name="statistic">How many are kept.</param>
    /// <returns><see langword="null"/> if that would take too long.</returns>
    public static MagnitudeBracket? Bracket(IReadOnlyList<(MeasuredPart Part, OperandReader Reader)> readers, TopKStatistic statistic)
    {
        long elements = readers.Sum(pair => pair.Part.Data.ElementCount);
        int chunks = (int)Math.Clamp(elements / ElementsPerChunk, LeastChunks, MostChunks);
        TimeSpan mostTime = _leastTime + TimeSpan.FromMicroseconds(elements * NanosecondsPerElement / 1000);
        long start = Stopwatch.GetTimestamp();
        List<float> sample = new(chunks * MagnitudeBracket.ChunkLength);
        Span<float> chunk = stackalloc float[MagnitudeBracket.ChunkLength];
        using BlockWorker worker = new();
        foreach ((MeasuredPart part, OperandReader reader) in readers)
        {
            long ofPart = part.Data.ElementCount * chunks / elements;
            for (long i = 0; i < ofPart; i++)
            {
                if (Stopwatch.GetElapsedTime(start) > mostTime)
                {
                    return null;
                }

                reader.Sample(Place(i, part.Data.ElementCount / ofPart), chunk, worker);
                sample.AddRange(chunk);
            }
        }

        if (sample.Count < LeastChunks * MagnitudeBracket.ChunkLength / 2)
        {
            return null;
        }

        ReadOnlySpan<float> values = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(sample);
        return statistic.OfNonZero
            ? MagnitudeBracket.EstimateOfNonZero(values, statistic.Density)
            : MagnitudeBracket.Estimate(values, statistic.Count is { } count ? (double)count / elements : statistic.Density);
    }

    // One chunk in each stretch, at places that do not follow the rows: steps of the golden ratio.
    private static long Place(long index, long stretch)
    {
        double share = index * 0.6180339887498949 % 1;
        return (index * stretch) + (long)(share * (stretch - MagnitudeBracket.ChunkLength));
    }
}
