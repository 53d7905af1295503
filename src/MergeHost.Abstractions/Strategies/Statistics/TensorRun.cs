namespace MergeHost.Strategies;

/// <summary>Elements of the tensors of a group that follow each other, in float32.</summary>
/// <param name="base">The base's elements, empty if there is no base.</param>
/// <param name="sources">The sources' elements, one source after the other.</param>
/// <param name="length">How many elements each has.</param>
public readonly ref struct TensorRun(ReadOnlySpan<float> @base, ReadOnlySpan<float> sources, int length)
{
    private readonly ReadOnlySpan<float> _sources = sources;

    /// <summary>The base's elements, empty if there is no base.</summary>
    public ReadOnlySpan<float> Base { get; } = @base;

    /// <summary>A source's elements.</summary>
    public ReadOnlySpan<float> Source(int index) => _sources.Slice(index * length, length);
}

/// <summary>Finds numbers of a run of elements.</summary>
/// <param name="run">The run; its memory is the host's and is gone after the call.</param>
/// <param name="results">Zero at first; as many as were asked for.</param>
public delegate void RunFunction(in TensorRun run, Span<double> results);
