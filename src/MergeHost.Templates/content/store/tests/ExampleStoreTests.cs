using System.IO.Compression;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every store must do.</summary>
public sealed class ExampleStoreTests : CheckpointStoreContract<ExampleStore>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExampleStoreTests()
    {
        using ZipArchive zip = ZipFile.Open(_folder["model.zip"], ZipArchiveMode.Create);
        foreach ((string name, byte[] content) in Contents)
        {
            using Stream stream = zip.CreateEntry(name).Open();
            stream.Write(content);
        }
    }

    protected override string Known => $"example-id:{_folder["model.zip"]}";

    protected override string Unknown => $"example-id:{_folder["missing.zip"]}";

    protected override IReadOnlyDictionary<string, byte[]> Contents { get; } = TinyCheckpoint.Llama(tokens: 100).Contents().ToDictionary();

    public void Dispose() => _folder.Dispose();
}
