using MergeHost.Evaluation.Overlap;

namespace MergeHost.Tests.Evaluation;

public class OverlapTests
{
    [Theory]
    [InlineData("The Bank's 3rd note, it said.", "the bank s 3rd note it said")]
    [InlineData("日本銀行 is", "日 本 銀 行 is")]
    [InlineData(" … ", "")]
    public void Words_OfAText_HaveNeitherCaseNorPunctuation(string text, string words) =>
        Assert.Equal(words, new WordRuns(text).Run(0, 100));

    [Fact]
    public void Hashes_OfTheSameWords_AreTheSameWhereverTheyStand()
    {
        ulong[] item = [.. new WordRuns("He bought twelve red apples").Hashes(4)];
        ulong[] text = [.. new WordRuns("Then he bought: twelve RED apples, and left.").Hashes(4)];
        Assert.Equal(2, item.Length);
        Assert.Equal(item, text[1..3]);
        Assert.Empty(new WordRuns("three short words").Hashes(4));
    }
}
