namespace MergeHost.Tests.Running;

public sealed class VerifierTests : IDisposable
{
    private readonly MergeBed _bed = new();
    private readonly string _weights;

    public VerifierTests()
    {
        _bed.Merge(MergeBed.Recipe("linear"), "out");
        _weights = Path.Combine(_bed["out"], "model.safetensors");
    }

    [Fact]
    public void Verify_OfWhatWasWritten_FindsNothing() => Assert.Empty(Verify());

    [Fact]
    public void Verify_WhenAByteOfATensorDiffers_NamesTheTensor()
    {
        Flip(_weights, 100_000);
        Problem problem = Assert.Single(Verify());
        Assert.Equal(ErrorCodes.VerifyFailed, problem.Code);
        Assert.Contains("'model.embed_tokens.weight'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_WhenWeightsAreCutShort_TellsBothLengths()
    {
        using (FileStream file = File.OpenWrite(_weights))
        {
            file.SetLength(1_000_000);
        }

        Problem problem = Assert.Single(Verify());
        Assert.Contains("1,000,000", problem.Message, StringComparison.Ordinal);
        Assert.Contains("5,775,872", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_WhenAFileIsMissingOrEdited_NamesEach()
    {
        File.Delete(Path.Combine(_bed["out"], "tokenizer.json"));
        Flip(Path.Combine(_bed["out"], "config.json"), 10);
        IReadOnlyList<Problem> problems = Verify();
        Assert.Equal(2, problems.Count);
        Assert.Contains(problems, problem => problem.Message.Contains("tokenizer.json: the file is missing", StringComparison.Ordinal));
        Assert.Contains(problems,
            problem => problem.Message.Contains("config.json: the file is not what was written", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_OfAFolderThatWasNotMerged_SaysSo() =>
        Assert.Equal(ErrorCodes.NoManifest, MergeBed.Fails(() => _bed.Engine.Verify(MergeBed.Models + "base")).Code);

    public void Dispose() => _bed.Dispose();

    private IReadOnlyList<Problem> Verify() => _bed.Engine.Verify(_bed["out"]);

    private static void Flip(string path, long place)
    {
        using FileStream file = new(path, FileMode.Open);
        file.Seek(place, SeekOrigin.Begin);
        int value = file.ReadByte();
        file.Seek(place, SeekOrigin.Begin);
        file.WriteByte((byte)(value ^ 1));
    }
}
