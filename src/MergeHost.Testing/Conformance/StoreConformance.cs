using MergeHost.Checkpoints;

namespace MergeHost.Testing;

/// <summary>What every checkpoint store must do; the members that are abstract say of what.</summary>
/// <param name="store">The store.</param>
public abstract class StoreConformance(ICheckpointStore store) : Conformance
{
    /// <summary>The store.</summary>
    protected ICheckpointStore Store => store;

    /// <summary>The name of a checkpoint that the store has.</summary>
    protected abstract string Known { get; }

    /// <summary>A name that the store has nothing of.</summary>
    protected abstract string Unknown { get; }

    /// <summary>What the files of <see cref="Known"/> hold: two at least, one of them longer than a thousand bytes.</summary>
    protected abstract IReadOnlyDictionary<string, byte[]> Contents { get; }

    /// <summary>The files have their names, in ordinal order.</summary>
    [Law]
    public void Names_OfACheckpoint_AreThoseOfItsFiles()
    {
        CheckpointFiles files = Find();
        Assert.Equal(null, files.Named);
        Assert.Equal([.. Contents.Keys.Order(StringComparer.Ordinal)], files.Names);
        Assert.All(Contents.Keys, name => Assert.True(files.Has(name), $"'{name}' is not there"));
        Assert.True(!files.Has("no such file"));
    }

    /// <summary>A file has its length, and its bytes wherever it is read, from any thread.</summary>
    [Law]
    public void Read_OfAnyRunOnSeveralThreads_GivesItsBytes()
    {
        CheckpointFiles files = Find();
        Assert.All(Contents, pair =>
        {
            using CheckpointFile file = files.Open(pair.Key);
            Assert.Equal((pair.Value.Length, files.PathOf(pair.Key)), (file.LengthBytes, file.Path));
            Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, seed =>
            {
                System.Random random = new(seed);
                int start = random.Next(pair.Value.Length + 1);
                byte[] run = new byte[random.Next(pair.Value.Length - start + 1)];
                file.Read(start, run);
                Assert.Equal(pair.Value[start..(start + run.Length)], run);
            });
            Assert.Equal(pair.Value, files.ReadBytes(pair.Key, int.MaxValue));
        });
    }

    /// <summary>A stream of a file gives it from its beginning.</summary>
    [Law]
    public void OpenStream_OfAFile_GivesItWhole() => Assert.All(Contents, pair =>
    {
        using Stream stream = Find().OpenStream(pair.Key);
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        Assert.Equal(pair.Value, copy.ToArray());
    });

    /// <summary>A file that nobody wrote to has the identity that it had.</summary>
    [Law]
    public void Identity_OfAFileThatStaysAsItIs_StaysTheSame() => Assert.All(Contents.Keys, name =>
    {
        CheckpointFiles files = Find();
        using CheckpointFile file = files.Open(name);
        using CheckpointFile again = files.Open(name);
        Assert.NotEmpty(file.Identity);
        Assert.Equal((file.Identity, file.Identity), (again.Identity, files.IdentityOf(name)));
    });

    /// <summary>What lies behind the end of a file cannot be read.</summary>
    [Law]
    public void Read_BeyondTheEnd_IsRefused() => Assert.All(Contents, pair =>
    {
        using CheckpointFile file = Find().Open(pair.Key);
        Assert.Throws<CheckpointException>(() => file.Read(pair.Value.Length - 1, new byte[2]));
    });

    /// <summary>A file that is not there is named.</summary>
    [Law]
    public void Open_OfAFileThatIsNotThere_NamesIt()
    {
        CheckpointFiles files = Find();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => files.Open("no such file"));
        Assert.Names(files.PathOf("no such file"), exception);
        Assert.Equal(null, files.IdentityOf("no such file"));
    }

    /// <summary>What the store does not have is left to others.</summary>
    [Law]
    public void Find_OfAnUnknownName_GivesNothing() => Assert.True(store.Find(Unknown) is null);

    private CheckpointFiles Find() => store.Find(Known) ?? throw new InvalidOperationException($"the store does not have '{Known}'");
}
