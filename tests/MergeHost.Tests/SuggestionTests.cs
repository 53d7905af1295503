namespace MergeHost.Tests;

public sealed class SuggestionTests
{
    private static readonly string[] _known = ["ties", "dare_ties", "slerp", "linear", "passthrough"];

    [Theory]
    [InlineData("tiess", "ties")]
    [InlineData("dare-ties", "dare_ties")]
    [InlineData("Slerp", "slerp")]
    [InlineData("lienar", "linear")]
    public void Closest_WhenAWordIsMisspelt_NamesTheWordThatWasMeant(string word, string meant) =>
        Assert.Equal(meant, Suggestion.Closest(word, _known));

    [Fact]
    public void Closest_WhenNoWordIsNear_NamesNone() => Assert.Null(Suggestion.Closest("fisher", _known));
}
