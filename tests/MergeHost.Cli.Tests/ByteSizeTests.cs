using MergeHost.Cli.Commands;

namespace MergeHost.Cli.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("100B", 100)]
    [InlineData("1K", 1024)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("5GB", 5_000_000_000)]
    [InlineData("2tb", 2_000_000_000_000)]
    public void Parse_OfASize_GivesItsBytes(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text)!.Value.Bytes);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1G")]
    [InlineData("G")]
    [InlineData("5Q")]
    [InlineData("1e3")]
    [InlineData("5GIB5")]
    [InlineData("99999999999T")]
    public void Parse_OfWhatIsNoSize_GivesNone(string text) => Assert.Null(ByteSize.Parse(text));
}
