using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Plugins.Safetensors;
using MergeHost.Plugins.Tests.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests;

/// <summary>Formats read files wherever these come from, and no more of them than they must.</summary>
public sealed class FilesTests : IDisposable
{
    private readonly TinyCheckpoint _checkpoint = TinyCheckpoint.Llama(layers: 1, tokens: 65_536);
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<IWritableCheckpointFormat, long> Formats =>
        new() { { new SafetensorsFormat(), 5_000_000_000 }, { new SafetensorsFormat(), 1 }, { new GgufFormat(), 5_000_000_000 },
            { new GgufFormat(), 1 } };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Open_OfFilesInMemory_ReadsHeadersAlone_AndThenWhatIsAskedFor(IWritableCheckpointFormat format, long shardSizeBytes)
    {
        MemoryCheckpointFiles files = new("memory:x", Store(format, shardSizeBytes));
        using ICheckpointReader reader = format.Open(files);
        long headers = files.BytesRead;
        Assert.InRange(headers, 1, reader.Tensors.Sum(tensor => tensor.LengthBytes) / 3);
        Assert.All(reader.WeightFiles, path => Assert.StartsWith("memory:x/", path, StringComparison.Ordinal));
        using ICheckpointReader expected = _checkpoint.Open();
        foreach (TensorInfo tensor in reader.Tensors)
        {
            TensorInfo stored = expected.Tensors.Single(other => other.Name == tensor.Name);
            byte[] found = new byte[stored.LengthBytes];
            byte[] bytes = new byte[stored.LengthBytes];
            reader.Read(tensor, 0, found);
            expected.Read(stored, 0, bytes);
            Assert.Equal(bytes, found);
        }

        Assert.Equal(reader.Tensors.Sum(tensor => tensor.LengthBytes), files.BytesRead - headers);
        using ICheckpointReader local = format.Open(_folder.Path);
        Assert.Equal(local.Companions.Select(file => file.Name), reader.Companions.Select(file => file.Name));
        Assert.All(local.Companions.Zip(reader.Companions), pair => Assert.Equal(pair.First.ReadBytes(), pair.Second.ReadBytes()));
    }

    [Fact]
    public void Open_OfAnIndexInMemoryThatNamesAMissingShard_NamesIt()
    {
        IDictionary<string, byte[]> contents = Store(new SafetensorsFormat(), 1);
        contents.Remove(contents.Keys.First(name => name.StartsWith("model-00003", StringComparison.Ordinal)));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat()
            .Open(new MemoryCheckpointFiles("memory:x", contents)));
        Assert.Contains("memory:x/model.safetensors.index.json: 1 of ", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private Dictionary<string, byte[]> Store(IWritableCheckpointFormat format, long shardSizeBytes)
    {
        // Of an architecture that is not known, so that names and bytes stay as they are.
        CompanionFile metadata = CompanionFile.FromBytes("metadata.gguf-kv",
            new GgufBytes { DataBytes = 0, Alignment = 1 }.Key("general.architecture", "tiny").ToArray());
        using (ICheckpointReader reader = _checkpoint.Open())
        using (ICheckpointWriter writer = format.Create(_folder.Path, new CheckpointLayout
        {
            Tensors = reader.Tensors,
            Companions = format is GgufFormat ? [metadata] : reader.Companions,
            ShardSizeBytes = shardSizeBytes,
        }))
        {
            foreach (TensorInfo tensor in reader.Tensors)
            {
                byte[] content = new byte[tensor.LengthBytes];
                reader.Read(tensor, 0, content);
                writer.Write(tensor, 0, content);
            }

            writer.Complete();
        }

        return _folder.FileNames().ToDictionary(name => name, name => File.ReadAllBytes(_folder[name]));
    }
}
