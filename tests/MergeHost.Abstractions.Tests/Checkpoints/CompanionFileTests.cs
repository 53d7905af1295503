using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tests.Checkpoints;

public sealed class CompanionFileTests
{
    [Fact]
    public void ReadBytes_Twice_GivesTheContentTwice()
    {
        CompanionFile file = CompanionFile.FromBytes("a.bin", [1, 2, 3]);
        Assert.Equal([1, 2, 3], file.ReadBytes());
        Assert.Equal([1, 2, 3], file.ReadBytes());
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(200_000, 200_000, true)]
    [InlineData(200_000, 199_999, false)]
    [InlineData(81_920, 163_840, false)]
    public void HasContentOf_AnotherCompanion_ComparesAllBytes(int here, int there, bool isSame)
    {
        CompanionFile file = CompanionFile.FromBytes("a.bin", new byte[here]);
        Assert.Equal(isSame, file.HasContentOf(CompanionFile.FromBytes("a.bin", new byte[there])));
        Assert.Equal(isSame, CompanionFile.FromBytes("a.bin", new byte[there]).HasContentOf(file));
    }

    [Fact]
    public void HasContentOf_WhenTheLastByteDiffers_IsFalse()
    {
        byte[] other = new byte[200_000];
        other[^1] = 1;
        Assert.False(CompanionFile.FromBytes("a.bin", new byte[200_000]).HasContentOf(CompanionFile.FromBytes("a.bin", other)));
    }

    [Theory]
    [InlineData("""{"a": [1, {"b": null}]}""")]
    [InlineData("\uFEFF{\"a\": [1, {\"b\": null}]}")]
    public void ReadJson_OfAnObject_GivesIt(string text) =>
        Assert.True(
            JsonNode.DeepEquals(
                new JsonObject { ["a"] = new JsonArray(1, new JsonObject { ["b"] = null }) }, Json(text).ReadJson()));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{\"a\": nan}")]
    [InlineData("{\"a\": \"\\ud800\"}")]
    [InlineData("{\"\\udc00\": 1}")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    public void ReadJson_OfAnythingElse_NamesTheFile(string text)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Json(text).ReadJson());
        Assert.Equal(ErrorCodes.BadConfig, exception.Code);
        Assert.StartsWith("config.json: ", exception.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadJson_OfAFileThatIsGone_SaysSo()
    {
        CompanionFile file = new("config.json", () => throw new FileNotFoundException());
        Assert.Equal(ErrorCodes.CheckpointUnreadable, Assert.Throws<CheckpointException>(file.ReadJson).Code);
    }

    [Fact]
    public void ReadBytes_OfAnEndlessFile_Stops() =>
        Assert.Contains("found more",
            Assert.Throws<CheckpointException>(new CompanionFile("config.json", () => new Endless()).ReadBytes).Message,
            StringComparison.Ordinal);

    private sealed class Endless : MemoryStream
    {
        public override int Read(Span<byte> buffer) => buffer.Length;
    }

    private static CompanionFile Json(string text) => CompanionFile.FromBytes("config.json", Encoding.UTF8.GetBytes(text));
}
