using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private static readonly TensorInfo[] _mixed =
    [
        new("flag", DType.BOOL, [3]), new("half", DType.F16, [5]), new("f4", DType.F4, [6]), new("double", DType.F64, [3]),
        new("single", DType.F32, [1]), new("half2", DType.BF16, [1]),
    ];

    private static readonly TensorInfo[] _four =
        [new("d", DType.F32, [300]), new("c", DType.F32, [300]), new("b", DType.F32, [300]), new("a", DType.F32, [300])];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Complete_OfMixedTypes_AlignsEveryTensorToItsElements()
    {
        Write(_mixed, 1 << 20);
        byte[] file = File.ReadAllBytes(_folder["model.safetensors"]);
        long headerBytes = BinaryPrimitives.ReadInt64LittleEndian(file);
        JsonObject header = JsonNode.Parse(file.AsSpan(8, (int)headerBytes))!.AsObject();
        Assert.Equal(0, headerBytes % 8);
        Assert.Equal(["__metadata__", "double", "single", "half", "half2", "flag", "f4"], header.Select(entry => entry.Key));
        Assert.Equal("""{"format":"pt"}""", header["__metadata__"]!.ToJsonString());
        Assert.All(_mixed, tensor => Assert.Equal(
            0, (8 + headerBytes + (long)header[tensor.Name]!["data_offsets"]![0]!) % (tensor.DType.BlockElements > 1
                ? 1
                : tensor.DType.BlockBytes)));
    }

    // Characters that JSON writes longer than they are, and so many that a shard's size has to count them.
    [Theory]
    [InlineData(1 << 20, 1)]
    [InlineData(5_000, 2)]
    public void Complete_WithMetadata_WritesItToEveryFile_AndItIsReadAgain(long shardSizeBytes, int files)
    {
        KeyValuePair<string, string>[] metadata = [new("model", "a \"quoted\" name\n"), new("long", new string('\\', 900))];
        CheckpointLayout layout = new() { Tensors = _four, ShardSizeBytes = shardSizeBytes, Metadata = metadata };
        using (ICheckpointWriter writer = new SafetensorsFormat().Create(_folder.Path, layout))
        {
            writer.Complete();
        }

        string[] weights = [.. Directory.EnumerateFiles(_folder.Path, "*.safetensors")];
        Assert.Equal(files, weights.Length);
        Assert.All(weights, path => Assert.InRange(new FileInfo(path).Length, 1, shardSizeBytes));
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Equal(metadata, reader.Metadata);
    }

    [Fact]
    public void Complete_OfMoreThanOneShard_WritesAnIndexInTheOrderOfNames()
    {
        Write(_four, 3_000);
        Assert.Equal(
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"], _folder.FileNames());
        JsonObject index = JsonNode.Parse(File.ReadAllBytes(_folder["model.safetensors.index.json"]))!.AsObject();
        Assert.Equal(4 * 300 * 4, (long)index["metadata"]!["total_size"]!);
        Assert.Equal(
            """{"a":"model-00002-of-00002.safetensors","b":"model-00002-of-00002.safetensors","""
                + "\"c\":\"model-00001-of-00002.safetensors\",\"d\":\"model-00001-of-00002.safetensors\"}",
            index["weight_map"]!.ToJsonString());
    }

    [Fact]
    public void Complete_OfNoTensors_WritesAFileThatOpens()
    {
        Write([], 1);
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Empty(reader.Tensors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("__metadata__")]
    [InlineData("a\0b")]
    [InlineData("../a")]
    public void Create_WithANameThatCouldNotBeRead_IsRefused(string name)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Create([new(name, DType.F32, [1])], 1));
        Assert.Equal(ErrorCodes.BadTensor, exception.Code);
        Assert.Empty(_folder.FileNames());
    }

    [Fact]
    public void Create_WithHalfASurrogatePairInAName_IsRefused() =>
        Assert.Equal(ErrorCodes.BadTensor, Assert.Throws<CheckpointException>(() => Create([new("a\ud800", DType.F32, [1])], 1)).Code);

    [Fact]
    public void Create_WithATypeOfAnotherFormat_NamesTensorAndType()
    {
        DType q4 = new("Q4_K", DTypeKind.Quantized, 144, 256);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Create([new("x", q4, [256])], 1));
        Assert.Equal(ErrorCodes.DTypeUnusable, exception.Code);
        Assert.Contains("'x'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Q4_K", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(3_000)]
    public void Create_AfterARunWasBrokenInTheMiddleOfItsEnd_FindsItsBytes(long shardSizeBytes)
    {
        Write(_four, shardSizeBytes);
        File.Delete(_folder["model.safetensors.index.json"]);
        using ICheckpointWriter writer = Create(_four, shardSizeBytes);
        Assert.All(_folder.FileNames(), name => Assert.EndsWith(".partial", name, StringComparison.Ordinal));
        byte[] found = new byte[1200];
        writer.Read(_four[0], 0, found);
        Assert.Equal(Content(_four[0]), found);
    }

    [Theory]
    [InlineData(1 << 20, 3_000)]
    [InlineData(3_000, 1 << 20)]
    public void Complete_OverAnEarlierCheckpoint_IsWhatOpens(long earlierShardSizeBytes, long shardSizeBytes)
    {
        Write([new("earlier", DType.F32, [2000]), .. _four], earlierShardSizeBytes);
        Write(_four, shardSizeBytes);
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Equal(_four, reader.Tensors);
        Assert.Empty(reader.Warnings);
    }

    [Fact]
    public void Complete_WhenACompanionCannotBeWritten_LeavesTheWeightsPartial()
    {
        CompanionFile broken = new("config.json", () => throw new IOException("gone"));
        using ICheckpointWriter writer = new SafetensorsFormat().Create(
            _folder.Path, new CheckpointLayout { Tensors = _four, Companions = [broken] });
        Assert.Throws<IOException>(writer.Complete);
        Assert.Equal(["model.safetensors.partial"], _folder.FileNames());
    }

    [Fact]
    public void Create_WithACompanionOutsideOfTheFolder_IsTheCallersFault() =>
        Assert.Throws<ArgumentException>(() => new SafetensorsFormat().Create(
            _folder.Path, new CheckpointLayout { Tensors = [], Companions = [CompanionFile.FromBytes("../config.json", [])] }));

    public void Dispose() => _folder.Dispose();

    private static byte[] Content(TensorInfo tensor)
    {
        byte[] content = new byte[tensor.LengthBytes];
        Array.Fill(content, Encoding.UTF8.GetBytes(tensor.Name)[0]);
        return content;
    }

    private ICheckpointWriter Create(TensorInfo[] tensors, long shardSizeBytes) =>
        new SafetensorsFormat().Create(_folder.Path, new CheckpointLayout { Tensors = tensors, ShardSizeBytes = shardSizeBytes });

    private void Write(TensorInfo[] tensors, long shardSizeBytes)
    {
        using ICheckpointWriter writer = Create(tensors, shardSizeBytes);
        foreach (TensorInfo tensor in tensors)
        {
            writer.Write(tensor, 0, Content(tensor));
        }

        writer.Complete();
    }
}
