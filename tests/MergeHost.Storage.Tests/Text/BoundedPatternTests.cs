using System.Diagnostics;
using MergeHost.Storage.Text;

namespace MergeHost.Storage.Tests.Text;

public sealed class BoundedPatternTests
{
    [Fact]
    public void Matches_OfAPatternThatBacktracks_TakesNoTime()
    {
        long start = Stopwatch.GetTimestamp();
        Assert.Empty(Make("(a+)+$").Matches(new string('a', 50_000) + "!"));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);
    }

    [Fact]
    public void Matches_OfAPatternThatMustBacktrack_EndsInTime()
    {
        long start = Stopwatch.GetTimestamp();
        Assert.Contains("takes more than",
            Assert.Throws<FormatException>(() => Make("^(?=.)(a|aa)+$").Matches(new string('a', 50) + "!")).Message,
            StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 1, 30);
    }

    [Theory]
    [InlineData(@"\s+(?!\S)|\s+|\p{L}+", "ab  cd ", "ab", " ", " ", "cd", " ")]
    [InlineData("a|ab", "ab", "a")]
    public void Matches_OfAPattern_AreThoseOfPerl(string pattern, string text, params string[] expected) =>
        Assert.Equal(expected, Make(pattern).Matches(text).Select(match => match.Value));

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a{2,1}")]
    [InlineData("\\")]
    public void Make_OfNoPattern_Explains(string pattern) =>
        Assert.Contains("no regular expression", Assert.Throws<FormatException>(() => Make(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Make_OfAnEndlessPattern_IsRefused() => Assert.Throws<FormatException>(() => Make(new string('(', 100_000)));

    private static BoundedPattern Make(string pattern) => new(pattern, reason => new FormatException(reason));
}
