using System.Globalization;
using MergeHost.Checkpoints;

namespace MergeHost.Tests.Checkpoints;

public sealed class CheckpointExceptionTests
{
    private const string Path = "llama/model.safetensors";

    public static TheoryData<string, CheckpointException, string> Made => new()
    {
        { "MH2001", CheckpointException.Unreadable(Path, "permission denied"), "permission denied" },
        { "MH2002", CheckpointException.OtherFormat(Path, "numbers", "a web page", "Log in."), "expected numbers, found a web page" },
        { "MH2003", CheckpointException.Truncated(Path, "w", 4_999_880, 472), "tensor 'w' ends at byte 4,999,880, the file has 472" },
        { "MH2003", CheckpointException.HeaderTruncated(Path, 1_008, 100), "the header ends at byte 1,008, the file has 100" },
        { "MH2004", CheckpointException.BadHeader(Path, "the header is no JSON object"), "the header is no JSON object" },
        { "MH2005", CheckpointException.BadTensor(Path, "w\n", "shape is negative"), "tensor 'w\\u000a': shape is negative" },
        { "MH2006", CheckpointException.BadOffsets(Path, "w", "overlaps 'v'"), "tensor 'w': overlaps 'v'" },
        { "MH2009", CheckpointException.BadIndex(Path, "names no shard"), "names no shard" },
    };

    [Theory]
    [MemberData(nameof(Made))]
    public void Make_OfAnyKind_NamesFileTensorAndNumbers(string code, CheckpointException exception, string reason)
    {
        Problem problem = Assert.Single(exception.Problems);
        Assert.Equal((code, $"{Path}: {reason}"), (problem.Code.Id, problem.Message));
        Assert.Null(problem.Place);
    }

    [Fact]
    public void Truncated_InACultureWithOtherSeparators_WritesCommas()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberGroupSeparator = "'" } };
            Assert.Contains("1,000", CheckpointException.Truncated(Path, "w", 1000, 5).Message, StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("model.layers.0.weight", "model.layers.0.weight")]
    [InlineData("слой.重み", "слой.重み")]
    [InlineData("a\tb\0c\x1b[31m\x7f\x85", "a\\u0009b\\u0000c\\u001b[31m\\u007f\\u0085")]
    public void Printable_OfControlCharacters_EscapesThem(string text, string printed) =>
        Assert.Equal(printed, CheckpointException.Printable(text));

    // Half a pair of surrogates is no text that could be written out.
    [Fact]
    public void Printable_OfHalfAPair_EscapesIt() => Assert.Equal("\\ud83d", CheckpointException.Printable("\ud83d"));

    [Fact]
    public void Printable_OfALongText_CutsItAfter200Characters()
    {
        Assert.Equal(new string('a', 200), CheckpointException.Printable(new string('a', 200)));
        Assert.Equal(new string('a', 200) + "…", CheckpointException.Printable(new string('a', 201)));
    }
}
