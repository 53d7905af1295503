using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>The store as the host creates it, by its environment.</summary>
public sealed class HuggingFaceStoreTests : CheckpointStoreContract<HuggingFaceStore>
{
    private static readonly Dictionary<string, byte[]> _contents =
        new() { ["config.json"] = [1, 2, 3], ["model.safetensors"] = Bytes(300_000) };

    static HuggingFaceStoreTests()
    {
        FakeHub hub = new();
        hub.Add("org/tiny", _contents.Select(file => (file.Key, file.Value)));
        FakeModel run = hub.Add("org/run",
            [("step-1/model.safetensors", [1]), ("step-20/model.safetensors", [2]), ("step-20/config.json", [3]), ("README.md", [4])]);
        run.Branches["stage1-step100-tokens5B"] = run.Branches["stage1-step200-tokens9B"] = run.Commit;
        string home = Directory.CreateTempSubdirectory("hub").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(home, recursive: true);
        foreach ((string name,
            string? value) in new[] { ("HF_ENDPOINT", hub.Endpoint), ("HF_HOME", home), ("HF_HUB_CACHE", null), ("HF_TOKEN", null),
                ("HF_HUB_OFFLINE", null) })
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    protected override string Known => "hf:org/tiny@main";

    protected override string Unknown => "not an id/at all";

    protected override IReadOnlyDictionary<string, byte[]> Contents => _contents;

    [Theory]
    [InlineData("org/run@stage1-step*-tokens*B", "org/run@main org/run@stage1-step100-tokens5B org/run@stage1-step200-tokens9B org/run@v1")]
    [InlineData("hf:org/run@step*/step-1",
        "hf:org/run@main/step-1 hf:org/run@stage1-step100-tokens5B/step-1 hf:org/run@stage1-step200-tokens9B/step-1 hf:org/run@v1/step-1")]
    [InlineData("hf:org/run@main/step-*", "hf:org/run@main/README.md hf:org/run@main/step-1 hf:org/run@main/step-20")]
    [InlineData("hf:org/run@main/step-*/model.safetensors",
        "hf:org/run@main/step-1/model.safetensors hf:org/run@main/step-20/config.json hf:org/run@main/step-20/model.safetensors")]
    [InlineData("org/run*", "")]
    [InlineData("no name/at all*", "")]
    public void List_OfAPattern_NamesRevisionsOrFolders(string pattern, string names) =>
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ((ICheckpointStore)Store).List(pattern).Order(StringComparer.Ordinal));

    [Fact]
    public void List_OfANameThatTheHubDoesNotHave_SaysSo() =>
        Assert.Equal(ErrorCodes.HubNotFound,
            Assert.Single(Assert.Throws<CheckpointException>(() => Store.List("org/none@step*")).Problems).Code);

    public static byte[] Bytes(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }
}
