using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Testing;

/// <summary>What every checkpoint format must do when it reads; the members that are abstract say of what.</summary>
/// <remarks>A format that is also written has <see cref="WriterConformance"/>, which holds this.</remarks>
/// <param name="format">The format.</param>
public abstract class ReaderConformance(ICheckpointFormat format) : Conformance
{
    private const int Threads = 4;

    /// <summary>Where the checkpoint is: a new folder for each law.</summary>
    private protected TemporaryFolder Folder { get; private set; } = null!;

    /// <summary>The tensors of the checkpoint that <see cref="Store"/> makes.</summary>
    protected abstract IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The bytes of a tensor as <see cref="ICheckpointReader.Read"/> gives them; the same at each call.</summary>
    protected abstract byte[] Content(TensorInfo tensor);

    /// <summary>Puts the files of a checkpoint into an empty folder.</summary>
    protected abstract void Store(string folder);

    /// <summary>All tensors are there, bit for bit.</summary>
    [Law]
    public void Open_OfAFolder_GivesTensorsAndBytes()
    {
        Store(Folder.Path);
        using ICheckpointReader reader = format.Open(Folder.Path);
        AssertHoldsAll(reader);
        Assert.NotEmpty(reader.WeightFiles);
        Assert.All(reader.WeightFiles, path => Assert.True(File.Exists(path), $"{path} is not there"));
        Assert.All(reader.Warnings, warning => Assert.Equal(Severity.Warning, warning.Severity));
    }

    /// <summary>A run that begins and ends within a tensor is that part of it.</summary>
    [Law]
    public void Read_OfARunInTheMiddle_GivesThoseElements()
    {
        Store(Folder.Path);
        using ICheckpointReader reader = format.Open(Folder.Path);
        TensorInfo[] divisible = [.. Tensors.Where(tensor => tensor.ElementCount >= 3 * tensor.DType.BlockElements)];
        Assert.NotEmpty(divisible, "tensors of three blocks or more");
        foreach (TensorInfo tensor in divisible)
        {
            int blockBytes = tensor.DType.BlockBytes;
            byte[] run = new byte[tensor.LengthBytes - (2 * blockBytes)];
            reader.Read(tensor, tensor.DType.BlockElements, run);
            Assert.Equal(Content(tensor)[blockBytes..^blockBytes], run);
        }
    }

    /// <summary>Runs may be read by several threads at once, in any order.</summary>
    [Law]
    public void Read_FromSeveralThreadsInAnyOrder_GivesTheSame()
    {
        Store(Folder.Path);
        using ICheckpointReader reader = format.Open(Folder.Path);
        InParallel(Runs(), run => AssertReads(reader.Read, run));
    }

    /// <summary>A tensor that the checkpoint does not have is the caller's mistake.</summary>
    [Law]
    public void Read_OfAnUnknownTensor_IsRefused()
    {
        Store(Folder.Path);
        using ICheckpointReader reader = format.Open(Folder.Path);
        Assert.Throws<ArgumentException>(() => reader.Read(new TensorInfo("no such tensor", DType.F32, [1]), 0, new byte[4]));
    }

    /// <summary>A path where nothing is gives an error that names it.</summary>
    [Law]
    public void Open_OfAnEmptyFolder_NamesIt()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => format.Open(Folder.Path));
        Assert.Names(Folder.Path, exception);
    }

    private protected override void Begin() => Folder = new TemporaryFolder();

    private protected override void End() => Folder.Dispose();

    private protected static void InParallel(ElementRun[] runs, Action<ElementRun> action) =>
        Parallel.ForEach(runs, new ParallelOptions { MaxDegreeOfParallelism = Threads }, action);

    private protected static void AssertReads(ReadRun read, ElementRun run)
    {
        byte[] found = new byte[run.Data.Length];
        read(run.Tensor, run.FirstElement, found);
        Assert.Equal(run.Data, found);
    }

    private protected void AssertHoldsAll(ICheckpointReader reader)
    {
        Assert.Equal(InOrderOfNames(Tensors), InOrderOfNames(reader.Tensors));
        Assert.All(Tensors, tensor => AssertReads(reader.Read, new ElementRun(tensor, 0, Content(tensor))));
    }

    // Every tensor in runs of uneven length, shuffled.
    private protected ElementRun[] Runs()
    {
        Random random = new(1);
        List<ElementRun> runs = [];
        foreach (TensorInfo tensor in Tensors)
        {
            byte[] content = Content(tensor);
            long blockCount = tensor.LengthBytes / tensor.DType.BlockBytes;
            for (long block = 0; block < blockCount;)
            {
                long next = Math.Min(blockCount, block + random.Next(1, 3000));
                Range bytes = (int)(block * tensor.DType.BlockBytes)..(int)(next * tensor.DType.BlockBytes);
                runs.Add(new ElementRun(tensor, block * tensor.DType.BlockElements, content[bytes]));
                block = next;
            }
        }

        ElementRun[] shuffled = [.. runs];
        random.Shuffle(shuffled);
        return shuffled;
    }

    private static IEnumerable<TensorInfo> InOrderOfNames(IEnumerable<TensorInfo> tensors) =>
        tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal);

    private protected delegate void ReadRun(TensorInfo tensor, long firstElement, Span<byte> destination);

    private protected sealed record ElementRun(TensorInfo Tensor, long FirstElement, byte[] Data);
}
