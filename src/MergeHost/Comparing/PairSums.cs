using System.Numerics.Tensors;
using MergeHost.Reports;

namespace MergeHost.Comparing;

/// <summary>Sums over the elements of two models, from which distances follow; sums of parts add up.</summary>
internal sealed class PairSums
{
    // Products are summed in float32 over so many elements, and then in float64.
    private const int Run = 4096;

    private double _aa;
    private double _bb;
    private double _ab;
    private double _difference;
    private double _taskA;
    private double _taskB;
    private double _taskAb;
    private long _moved;
    private long _conflicts;
    private long _elements;
    private int _directions;
    private double _sharedOutputs;
    private double _sharedInputs;

    /// <summary>Adds elements.</summary>
    /// <param name="a">Of one model.</param>
    /// <param name="b">Of the other.</param>
    /// <param name="base">Of their base, or empty.</param>
    /// <param name="scratch">Room for twice <see cref="Run"/> numbers.</param>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> @base, Span<float> scratch)
    {
        for (int first = 0; first < a.Length; first += Run)
        {
            int count = Math.Min(Run, a.Length - first);
            AddRun(a.Slice(first, count), b.Slice(first, count), @base.IsEmpty ? [] : @base.Slice(first, count), scratch[..count],
                scratch.Slice(Run, count));
        }
    }

    /// <summary>Adds the angles between the spaces of a tensor.</summary>
    public void Add(SpaceAngles angles)
    {
        _directions += angles.Outputs.Count;
        _sharedOutputs += Shared(angles.Outputs);
        _sharedInputs += Shared(angles.Inputs);
    }

    /// <summary>Adds the sums of another part.</summary>
    public void Add(PairSums other)
    {
        _aa += other._aa;
        _bb += other._bb;
        _ab += other._ab;
        _difference += other._difference;
        _taskA += other._taskA;
        _taskB += other._taskB;
        _taskAb += other._taskAb;
        _moved += other._moved;
        _conflicts += other._conflicts;
        _elements += other._elements;
        _directions += other._directions;
        _sharedOutputs += other._sharedOutputs;
        _sharedInputs += other._sharedInputs;
    }

    /// <summary>The distance that the sums tell.</summary>
    /// <param name="hasTaskVectors">Whether there was a base.</param>
    public Distance ToDistance(bool hasTaskVectors) => new(
        _elements, Math.Sqrt(_difference), Cosine(_ab, _aa, _bb),
        hasTaskVectors
            ? new TaskVectorDistance(Math.Sqrt(_taskA), Math.Sqrt(_taskB), Cosine(_taskAb, _taskA, _taskB),
                _moved == 0 ? null : (double)_conflicts / _moved)
            : null,
        _directions == 0 ? null : new SpaceOverlap(_directions, _sharedOutputs / _directions, _sharedInputs / _directions))
    {
        NormA = Math.Sqrt(_aa),
    };

    private static double Shared(IReadOnlyList<double> degrees) => degrees.Sum(angle => Math.Pow(Math.Cos(angle * Math.PI / 180), 2));

    private static double? Cosine(double product, double a, double b) =>
        a == 0 || b == 0 ? null : Math.Clamp(product / Math.Sqrt(a * b), -1, 1);

    private void AddRun(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> @base, Span<float> left, Span<float> right)
    {
        _elements += a.Length;
        _aa += TensorPrimitives.SumOfSquares(a);
        _bb += TensorPrimitives.SumOfSquares(b);
        _ab += TensorPrimitives.Dot(a, b);
        TensorPrimitives.Subtract(a, b, left);
        _difference += TensorPrimitives.SumOfSquares<float>(left);
        if (@base.IsEmpty)
        {
            return;
        }

        TensorPrimitives.Subtract(a, @base, left);
        TensorPrimitives.Subtract(b, @base, right);
        _taskA += TensorPrimitives.SumOfSquares<float>(left);
        _taskB += TensorPrimitives.SumOfSquares<float>(right);
        _taskAb += TensorPrimitives.Dot<float>(left, right);
        for (int i = 0; i < left.Length; i++)
        {
            bool moved = left[i] != 0 & right[i] != 0;
            _moved += moved ? 1 : 0;
            _conflicts += moved & (left[i] > 0) != (right[i] > 0) ? 1 : 0;
        }
    }
}
