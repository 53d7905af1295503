namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>What a layer sees, and how.</summary>
/// <param name="Span">Which tokens it sees.</param>
/// <param name="Rope">How queries and keys are rotated; <see langword="null"/> where they are not.</param>
/// <param name="AttentionScale">What products of queries and keys are multiplied with.</param>
/// <param name="NormalizesRotated">Whether queries and keys are divided by their root mean squares once they are rotated.</param>
/// <param name="Temperature">What queries are multiplied with by their places; <see langword="null"/> for nothing.</param>
internal sealed record LayerConfig(AttentionSpan Span, RopeConfig? Rope, double AttentionScale, bool NormalizesRotated,
    QueryTemperature? Temperature);

/// <summary>Which tokens a token sees, of those up to itself.</summary>
/// <param name="Length">The last so many, itself included; <see langword="null"/> for all.</param>
/// <param name="IsChunk">Whether these are those of its own piece, where texts are cut into pieces of this length.</param>
internal readonly record struct AttentionSpan(int? Length, bool IsChunk);

/// <summary>A factor of queries that grows with their places: <c>1 + scale · ln(1 + ⌊(place + 1) / floor⌋)</c>.</summary>
/// <seealso href="https://arxiv.org/abs/2501.19399"/>
internal sealed record QueryTemperature(double Floor, double Scale);

/// <summary>The words for what layers see.</summary>
internal static class LayerTypes
{
    public const string Full = "full_attention";
    public const string Sliding = "sliding_attention";
    public const string Chunked = "chunked_attention";
}
