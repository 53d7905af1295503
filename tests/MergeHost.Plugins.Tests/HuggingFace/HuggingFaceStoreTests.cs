using MergeHost.Plugins.HuggingFace;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>The store as the host creates it, by its environment.</summary>
public sealed class HuggingFaceStoreTests : CheckpointStoreContract<HuggingFaceStore>
{
    private static readonly Dictionary<string, byte[]> _contents = new() { ["config.json"] = [1, 2, 3], ["model.safetensors"] = Bytes(300_000) };

    static HuggingFaceStoreTests()
    {
        FakeHub hub = new();
        hub.Add("org/tiny", _contents.Select(file => (file.Key, file.Value)));
        string home = Directory.CreateTempSubdirectory("hub").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(home, recursive: true);
        foreach ((string name, string? value) in new[] { ("HF_ENDPOINT", hub.Endpoint), ("HF_HOME", home), ("HF_HUB_CACHE", null), ("HF_TOKEN", null), ("HF_HUB_OFFLINE", null) })
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    protected override string Known => "hf:org/tiny@main";

    protected override string Unknown => "not an id/at all";

    protected override IReadOnlyDictionary<string, byte[]> Contents => _contents;

    public static byte[] Bytes(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }
}
