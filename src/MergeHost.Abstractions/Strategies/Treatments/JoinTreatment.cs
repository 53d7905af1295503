namespace MergeHost.Strategies;

/// <summary>Runs of elements of sources one after the other, in row-major order: stacks, cuts and gathered
/// rows. Only builders may ask for it.</summary>
public sealed class JoinTreatment : Treatment
{
    internal JoinTreatment(IReadOnlyList<TensorPart> parts)
    {
        Parts = parts;
    }

    /// <summary>The runs in the order in which they are stored.</summary>
    public IReadOnlyList<TensorPart> Parts { get; }

    internal string? Breach(long elements, IReadOnlyList<TensorInfo> sources)
    {
        foreach (TensorPart part in Parts)
        {
            if (part.Source < 0 || part.Source >= sources.Count)
            {
                return $"joins source {part.Source} of {sources.Count}";
            }

            if (part.First < 0 || part.Count < 1 || part.First + part.Count > sources[part.Source].ElementCount)
            {
                return $"joins {part.Count:N0} elements from {part.First:N0} of '{sources[part.Source].Name}', which "
                    + $"has {sources[part.Source].ElementCount:N0}";
            }
        }

        long joined = Parts.Sum(part => part.Count);
        return joined == elements ? null : $"joins {joined:N0} elements to {elements:N0}";
    }
}

/// <summary>A run of elements of a source.</summary>
/// <param name="Source">Which source.</param>
/// <param name="First">The first element, in row-major order.</param>
/// <param name="Count">How many, at least 1.</param>
public sealed record TensorPart(int Source, long First, long Count)
{
    /// <summary>What the elements are multiplied by, in float32; 1 takes their bytes where the type stays.</summary>
    public float Factor { get; init; } = 1;
}
