using MergeHost.Checkpoints;
using Xunit;

namespace MergeHost.Testing;

/// <summary>What every checkpoint format must do; a format's tests inherit it.</summary>
/// <remarks>A format that does not store every type, name or file overrides what is written.</remarks>
/// <typeparam name="TFormat">The format.</typeparam>
public abstract class CheckpointFormatContract<TFormat> : IDisposable
    where TFormat : ICheckpointFormat, new()
{
    private const int Threads = 4;

    private readonly TFormat _format = new();
    private readonly TemporaryFolder _folder = new();

    /// <summary>What is written and read; by default every floating-point type, odd and empty shapes, many scripts.</summary>
    protected virtual IReadOnlyList<TensorInfo> Tensors { get; } =
    [
        .. DType.All.Where(type => type.Kind == DTypeKind.Float).Select(type =>
            new TensorInfo($"layers.0.{type.Name}.weight", type, type.BlockElements == 1 ? [3, 5, 7] : [3, 5, type.BlockElements])),
        new("scalar", DType.F32, []),
        new("empty", DType.BF16, [0, 4]),
        new("long", DType.BF16, [101, 1009]),
        new("слой.0.重み.ω", DType.F16, [3]),
        new("layers.🙂.weight", DType.F64, [1, 1]),
    ];

    /// <summary>The companions that are written and read.</summary>
    protected virtual IReadOnlyList<CompanionFile> Companions { get; } =
    [
        CompanionFile.FromBytes("config.json", """{"architectures": ["LlamaForCausalLM"], "rope_theta": 1e4}"""u8.ToArray()),
        CompanionFile.FromBytes("tokenizer.json", """{"version": "1.0"}"""u8.ToArray()),
    ];

    /// <summary>All that was written comes back, bit for bit, whatever the size of the files.</summary>
    [Theory]
    [InlineData(5_000_000_000)]
    [InlineData(100_000)]
    [InlineData(1)]
    public void Open_AfterComplete_GivesTensorsAndBytesAsWritten(long shardSizeBytes)
    {
        Write(Layout() with { ShardSizeBytes = shardSizeBytes });
        using ICheckpointReader reader = _format.Open(_folder.Path);
        AssertHoldsAll(reader);
        Assert.Empty(reader.Warnings);
    }

    /// <summary>Files are no larger than asked for, unless a single tensor is.</summary>
    [Fact]
    public void Create_WithSmallShards_KeepsFilesWithinTheirSize()
    {
        const long shardSizeBytes = 2_000;
        TensorInfo[] small = [.. Tensors.Where(tensor => tensor.LengthBytes < shardSizeBytes / 2)];
        Write(Layout() with { Tensors = small, ShardSizeBytes = shardSizeBytes });
        using ICheckpointReader reader = _format.Open(_folder.Path);
        Assert.All(reader.WeightFiles, path => Assert.InRange(new FileInfo(path).Length, 0, shardSizeBytes));
    }

    /// <summary>A run that begins and ends within a tensor is that part of it.</summary>
    [Fact]
    public void Read_OfARunInTheMiddle_GivesThoseElements()
    {
        Write(Layout());
        using ICheckpointReader reader = _format.Open(_folder.Path);
        foreach (TensorInfo tensor in Tensors.Where(tensor => tensor.ElementCount >= 3 * tensor.DType.BlockElements))
        {
            int blockBytes = tensor.DType.BlockBytes;
            byte[] run = new byte[tensor.LengthBytes - (2 * blockBytes)];
            reader.Read(tensor, tensor.DType.BlockElements, run);
            Assert.Equal(Content(tensor)[blockBytes..^blockBytes], run);
        }
    }

    /// <summary>Runs may be written and read by several threads at once, in any order.</summary>
    [Fact]
    public void WriteAndRead_FromSeveralThreadsInAnyOrder_LoseNothing()
    {
        Run[] runs = Runs();
        using (ICheckpointWriter writer = _format.Create(_folder.Path, Layout()))
        {
            InParallel(runs, run => writer.Write(run.Tensor, run.FirstElement, run.Data));
            InParallel(runs, run => AssertReads(writer.Read, run));
            writer.Complete();
        }

        using ICheckpointReader reader = _format.Open(_folder.Path);
        InParallel(runs, run => AssertReads(reader.Read, run));
    }

    /// <summary>Until it is complete, nothing in the folder can be taken for a checkpoint.</summary>
    [Fact]
    public void Create_BeforeComplete_LeavesNothingThatOpens()
    {
        using ICheckpointWriter writer = _format.Create(_folder.Path, Layout());
        WriteAll(writer, Tensors);
        Assert.All(_folder.FileNames(), name => Assert.EndsWith(".partial", name, StringComparison.Ordinal));
        Assert.Throws<CheckpointException>(() => _format.Open(_folder.Path));
    }

    /// <summary>A complete checkpoint is made of the files that were announced, and of no others.</summary>
    [Theory]
    [InlineData(5_000_000_000)]
    [InlineData(1)]
    public void Complete_LeavesTheAnnouncedFilesOnly(long shardSizeBytes)
    {
        using ICheckpointWriter writer = _format.Create(_folder.Path, Layout() with { ShardSizeBytes = shardSizeBytes });
        writer.Complete();
        Assert.Equal(writer.Files.Order(StringComparer.Ordinal), _folder.FileNames());
    }

    /// <summary>A run that was broken off keeps what it wrote, and the next one finds it.</summary>
    [Fact]
    public void Create_AfterARunWasBroken_FindsItsBytes()
    {
        TensorInfo[] first = [.. Tensors.Where((_, index) => index % 2 == 0)];
        using (ICheckpointWriter writer = _format.Create(_folder.Path, Layout()))
        {
            WriteAll(writer, first);
        }

        Assert.Contains(_folder.FileNames(), name => name.EndsWith(".partial", StringComparison.Ordinal));
        using (ICheckpointWriter writer = _format.Create(_folder.Path, Layout()))
        {
            Assert.All(first, tensor => AssertReads(writer.Read, new Run(tensor, 0, Content(tensor))));
            WriteAll(writer, Tensors.Except(first));
            writer.Complete();
        }

        using ICheckpointReader reader = _format.Open(_folder.Path);
        AssertHoldsAll(reader);
    }

    /// <summary>What a run with another layout left does no harm.</summary>
    [Fact]
    public void Create_AfterARunWithAnotherLayout_WritesItsOwn()
    {
        TensorInfo[] others = [.. Tensors.Skip(1)];
        using (ICheckpointWriter writer = _format.Create(_folder.Path, Layout() with { Tensors = others, ShardSizeBytes = 1 }))
        {
            WriteAll(writer, others);
        }

        Write(Layout());
        using ICheckpointReader reader = _format.Open(_folder.Path);
        AssertHoldsAll(reader);
        Assert.DoesNotContain(_folder.FileNames(), name => name.EndsWith(".partial", StringComparison.Ordinal));
    }

    /// <summary>Configuration and tokenizer come back, byte for byte.</summary>
    [Fact]
    public void Complete_WithCompanions_KeepsThemAsTheyAre()
    {
        Write(Layout());
        using ICheckpointReader reader = _format.Open(_folder.Path);
        Assert.Equal(Names(Companions), Names(reader.Companions));
        foreach (CompanionFile companion in Companions)
        {
            Assert.Equal(companion.ReadBytes(), reader.Companions.Single(other => other.Name == companion.Name).ReadBytes());
        }
    }

    /// <summary>A path where nothing is gives an error that names it.</summary>
    [Fact]
    public void Open_OfAnEmptyFolder_NamesIt()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => _format.Open(_folder.Path));
        Assert.Contains(_folder.Path, exception.Message, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string[] Names(IEnumerable<CompanionFile> companions) =>
        [.. companions.Select(companion => companion.Name).Order(StringComparer.Ordinal)];

    private static IEnumerable<TensorInfo> InOrderOfNames(IEnumerable<TensorInfo> tensors) =>
        tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal);

    // The same bytes whenever they are asked for: any bits, NaN and infinities among them.
    private static byte[] Content(TensorInfo tensor)
    {
        byte[] content = new byte[tensor.LengthBytes];
        new Random(tensor.Name.Sum(c => c)).NextBytes(content);
        return content;
    }

    private static void WriteAll(ICheckpointWriter writer, IEnumerable<TensorInfo> tensors)
    {
        foreach (TensorInfo tensor in tensors)
        {
            writer.Write(tensor, 0, Content(tensor));
        }
    }

    private static void InParallel(Run[] runs, Action<Run> action) =>
        Parallel.ForEach(runs, new ParallelOptions { MaxDegreeOfParallelism = Threads }, action);

    private static void AssertReads(ReadRun read, Run run)
    {
        byte[] found = new byte[run.Data.Length];
        read(run.Tensor, run.FirstElement, found);
        Assert.Equal(run.Data, found);
    }

    private CheckpointLayout Layout() => new() { Tensors = Tensors, Companions = Companions };

    private void Write(CheckpointLayout layout)
    {
        using ICheckpointWriter writer = _format.Create(_folder.Path, layout);
        WriteAll(writer, layout.Tensors);
        writer.Complete();
    }

    private void AssertHoldsAll(ICheckpointReader reader)
    {
        Assert.Equal(InOrderOfNames(Tensors), InOrderOfNames(reader.Tensors));
        Assert.All(Tensors, tensor => AssertReads(reader.Read, new Run(tensor, 0, Content(tensor))));
    }

    // Every tensor in runs of uneven length, shuffled.
    private Run[] Runs()
    {
        Random random = new(1);
        List<Run> runs = [];
        foreach (TensorInfo tensor in Tensors)
        {
            byte[] content = Content(tensor);
            long blockCount = tensor.LengthBytes / tensor.DType.BlockBytes;
            for (long block = 0; block < blockCount;)
            {
                long next = Math.Min(blockCount, block + random.Next(1, 3000));
                Range bytes = (int)(block * tensor.DType.BlockBytes)..(int)(next * tensor.DType.BlockBytes);
                runs.Add(new Run(tensor, block * tensor.DType.BlockElements, content[bytes]));
                block = next;
            }
        }

        Run[] shuffled = [.. runs];
        random.Shuffle(shuffled);
        return shuffled;
    }

    private delegate void ReadRun(TensorInfo tensor, long firstElement, Span<byte> destination);

    private sealed record Run(TensorInfo Tensor, long FirstElement, byte[] Data);
}
