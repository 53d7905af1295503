using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Testing;

/// <summary>What every checkpoint format must do that can be written.</summary>
/// <remarks>A format that does not store every type, name or file overrides what is written.</remarks>
/// <param name="format">The format.</param>
public class WriterConformance(IWritableCheckpointFormat format) : ReaderConformance(format)
{
    /// <summary>What is written and read; by default every floating-point type, odd and empty shapes, many scripts.</summary>
    protected override IReadOnlyList<TensorInfo> Tensors { get; } =
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

    /// <summary>Tries all laws with tensors of every floating-point type.</summary>
    /// <param name="format">The format.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(IWritableCheckpointFormat format) => new WriterConformance(format).Check();

    /// <summary>All that was written comes back, bit for bit, whatever the size of the files.</summary>
    [Law]
    public void Open_AfterComplete_GivesTensorsAndBytesAsWritten() => Assert.All((long[])[5_000_000_000, 100_000, 1], shardSizeBytes =>
    {
        End();
        Begin();
        Write(Layout() with { ShardSizeBytes = shardSizeBytes });
        using ICheckpointReader reader = format.Open(Folder.Path);
        AssertHoldsAll(reader);
        Assert.Empty(reader.Warnings);
    });

    /// <summary>Files are no larger than asked for, unless a single tensor is.</summary>
    [Law]
    public void Create_WithSmallShards_KeepsFilesWithinTheirSize()
    {
        const long shardSizeBytes = 2_000;
        TensorInfo[] small = [.. Tensors.Where(tensor => tensor.LengthBytes < shardSizeBytes / 2)];
        Write(Layout() with { Tensors = small, ShardSizeBytes = shardSizeBytes });
        using ICheckpointReader reader = format.Open(Folder.Path);
        Assert.All(reader.WeightFiles,
            path => Assert.True(new FileInfo(path).Length <= shardSizeBytes,
                $"{path} has {new FileInfo(path).Length} bytes, {shardSizeBytes} were asked for"));
    }

    /// <summary>Runs may be written and read by several threads at once, in any order.</summary>
    [Law]
    public void WriteAndRead_FromSeveralThreadsInAnyOrder_LoseNothing()
    {
        ElementRun[] runs = Runs();
        using (ICheckpointWriter writer = format.Create(Folder.Path, Layout()))
        {
            InParallel(runs, run => writer.Write(run.Tensor, run.FirstElement, run.Data));
            InParallel(runs, run => AssertReads(writer.Read, run));
            writer.Complete();
        }

        using ICheckpointReader reader = format.Open(Folder.Path);
        InParallel(runs, run => AssertReads(reader.Read, run));
    }

    /// <summary>Until it is complete, nothing in the folder can be taken for a checkpoint.</summary>
    [Law]
    public void Create_BeforeComplete_LeavesNothingThatOpens()
    {
        using ICheckpointWriter writer = format.Create(Folder.Path, Layout());
        WriteAll(writer, Tensors);
        Assert.All(Folder.FileNames(), name => Assert.True(IsPartial(name), $"'{name}' is there before the checkpoint is complete"));
        Assert.Throws<CheckpointException>(() => format.Open(Folder.Path));
    }

    /// <summary>A complete checkpoint is made of the files that were announced, and of no others.</summary>
    [Law]
    public void Complete_LeavesTheAnnouncedFilesOnly() => Assert.All((long[])[5_000_000_000, 1], shardSizeBytes =>
    {
        End();
        Begin();
        using ICheckpointWriter writer = format.Create(Folder.Path, Layout() with { ShardSizeBytes = shardSizeBytes });
        writer.Complete();
        Assert.Equal([.. writer.Files.Order(StringComparer.Ordinal)], Folder.FileNames());
    });

    /// <summary>A run that was broken off keeps what it wrote, and the next one finds it.</summary>
    [Law]
    public void Create_AfterARunWasBroken_FindsItsBytes()
    {
        TensorInfo[] first = [.. Tensors.Where((_, index) => index % 2 == 0)];
        using (ICheckpointWriter writer = format.Create(Folder.Path, Layout()))
        {
            WriteAll(writer, first);
        }

        Assert.NotEmpty(Folder.FileNames().Where(IsPartial), "files that the broken run left");
        using (ICheckpointWriter writer = format.Create(Folder.Path, Layout()))
        {
            Assert.All(first, tensor => AssertReads(writer.Read, new ElementRun(tensor, 0, Content(tensor))));
            WriteAll(writer, Tensors.Except(first));
            writer.Complete();
        }

        using ICheckpointReader reader = format.Open(Folder.Path);
        AssertHoldsAll(reader);
    }

    /// <summary>What a run with another layout left does no harm.</summary>
    [Law]
    public void Create_AfterARunWithAnotherLayout_WritesItsOwn()
    {
        TensorInfo[] others = [.. Tensors.Skip(1)];
        using (ICheckpointWriter writer = format.Create(Folder.Path, Layout() with { Tensors = others, ShardSizeBytes = 1 }))
        {
            WriteAll(writer, others);
        }

        Write(Layout());
        using ICheckpointReader reader = format.Open(Folder.Path);
        AssertHoldsAll(reader);
        Assert.Empty(Folder.FileNames().Where(IsPartial), "files that are left");
    }

    /// <summary>Files that several writers wrote apart are what one writer makes; a format that distributes nothing is not asked.</summary>
    [Law]
    public void Create_AfterFilesWereWrittenApart_FindsTheirBytes() => Assert.All((long[])[100_000, 1], shardSizeBytes =>
    {
        End();
        Begin();
        CheckpointLayout layout = Layout() with { ShardSizeBytes = shardSizeBytes };
        IReadOnlyList<CheckpointShard> shards = format.Distribute(layout);
        foreach (CheckpointShard shard in shards)
        {
            using TemporaryFolder apart = new();
            using (ICheckpointWriter writer = format.CreateShards(apart.Path, layout, [shard]))
            {
                WriteAll(writer, shard.Tensors);
                Assert.Empty(apart.FileNames().Where(name => !IsPartial(name)), "files that look whole");
                writer.Complete();
                Assert.Equal([shard.File], writer.Files);
            }

            Assert.Equal([shard.File], apart.FileNames());
            File.Move(apart[shard.File], Folder[shard.File + ".partial"]);
        }

        using (ICheckpointWriter whole = format.Create(Folder.Path, layout))
        {
            Assert.All(shards.SelectMany(shard => shard.Tensors),
                tensor => AssertReads(whole.Read, new ElementRun(tensor, 0, Content(tensor))));
            WriteAll(whole, shards.Count == 0 ? Tensors : []);
            whole.Complete();
        }

        using ICheckpointReader reader = format.Open(Folder.Path);
        AssertHoldsAll(reader);
    });

    /// <summary>Configuration and tokenizer come back, byte for byte.</summary>
    [Law]
    public void Complete_WithCompanions_KeepsThemAsTheyAre()
    {
        Write(Layout());
        using ICheckpointReader reader = format.Open(Folder.Path);
        Assert.Equal(Names(Companions), Names(reader.Companions));
        foreach (CompanionFile companion in Companions)
        {
            Assert.Equal(companion.ReadBytes(), reader.Companions.Single(other => other.Name == companion.Name).ReadBytes());
        }
    }

    /// <inheritdoc/>
    protected sealed override void Store(string folder) => Write(Layout());

    private static string[] Names(IEnumerable<CompanionFile> companions) =>
        [.. companions.Select(companion => companion.Name).Order(StringComparer.Ordinal)];

    /// <summary>Any bits, NaN and infinities among them.</summary>
    protected sealed override byte[] Content(TensorInfo tensor)
    {
        byte[] content = new byte[tensor.LengthBytes];
        new Random(tensor.Name.Sum(c => c)).NextBytes(content);
        return content;
    }

    private static bool IsPartial(string name) => name.EndsWith(".partial", StringComparison.Ordinal);

    private void WriteAll(ICheckpointWriter writer, IEnumerable<TensorInfo> tensors)
    {
        foreach (TensorInfo tensor in tensors)
        {
            writer.Write(tensor, 0, Content(tensor));
        }
    }

    private CheckpointLayout Layout() => new() { Tensors = Tensors, Companions = Companions };

    private void Write(CheckpointLayout layout)
    {
        using ICheckpointWriter writer = format.Create(Folder.Path, layout);
        WriteAll(writer, layout.Tensors);
        writer.Complete();
    }
}
