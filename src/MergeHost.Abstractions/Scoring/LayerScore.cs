namespace MergeHost.Scoring;

/// <summary>A measure of one tensor, with the numbers it was made of.</summary>
/// <param name="Value">The score; finite, or NaN when the scorer does not apply to the tensor.</param>
public sealed record LayerScore(double Value)
{
    /// <summary>The scorer says nothing of this tensor, a vector for example.</summary>
    public static LayerScore NotApplicable { get; } = new(double.NaN);

    /// <summary>The numbers behind the score, by names in snake case; may be empty.</summary>
    public IReadOnlyDictionary<string, double> Diagnostics { get; init; } = new Dictionary<string, double>();
}
