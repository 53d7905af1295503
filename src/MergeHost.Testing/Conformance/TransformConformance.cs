using MergeHost.Checkpoints;
using static MergeHost.Testing.ReaderChecks;

namespace MergeHost.Testing;

/// <summary>What every checkpoint transform must do.</summary>
/// <param name="transform">The transform.</param>
public class TransformConformance(ICheckpointTransform transform) : Conformance
{
    /// <summary>The checkpoint that is transformed; by default a small Llama in BF16.</summary>
    protected virtual TinyCheckpoint Checkpoint { get; } = TinyCheckpoint.Llama();

    /// <summary>The options; by default those of the record.</summary>
    protected virtual object Options => Activator.CreateInstance(transform.OptionsType)!;

    /// <summary>Opens what the transform asks for; by default there is nothing else.</summary>
    protected virtual ICheckpointReader Open(string name) => throw CheckpointException.Unreadable(name, "there is no such file or folder");

    /// <summary>Tries all laws on a small Llama, with the options that the record has by default.</summary>
    /// <param name="transform">The transform.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(ICheckpointTransform transform) => new TransformConformance(transform).Check();

    /// <summary>Applies the transform; the result disposes the checkpoint.</summary>
    protected ICheckpointReader Apply(ICheckpointReader checkpoint) => transform.Apply(checkpoint, Options, new TransformContext(Open));

    /// <summary>Names are unique, and every tensor can be read from its first element to its last.</summary>
    [Law]
    public void Apply_GivesTensorsOfUniqueNamesThatCanBeRead()
    {
        using ICheckpointReader checkpoint = Checkpoint.Open();
        using ICheckpointReader result = Apply(checkpoint);
        Assert.Equal(result.Tensors.Count, result.Tensors.Select(tensor => tensor.Name).Distinct().Count());
        Assert.All(result.Tensors, tensor => ReadAll(result, tensor));
    }

    /// <summary>Data is read through the result alone, since an earlier stage may not have made it when the transform is applied.</summary>
    [Law]
    public void Apply_ReadsNoData()
    {
        using ICheckpointReader checkpoint = Checkpoint.Open();
        using WatchedReader watched = new(checkpoint);
        using ICheckpointReader result = Apply(watched);
        Assert.Equal(0, watched.Reads);
    }

    /// <summary>A run has the bytes that it has in the whole tensor, from any thread.</summary>
    [Law]
    public void Read_OfRunsOnSeveralThreads_GivesTheBytesOfTheWhole()
    {
        using ICheckpointReader checkpoint = Checkpoint.Open();
        using ICheckpointReader result = Apply(checkpoint);
        AssertRunsGiveTheWhole(result);
    }

    /// <summary>Applied again, it gives the same tensors, files, identity and bytes.</summary>
    [Law]
    public void Apply_Twice_GivesTheSame()
    {
        using ICheckpointReader checkpoint = Checkpoint.Open();
        using ICheckpointReader copy = Checkpoint.Open();
        using ICheckpointReader first = Apply(checkpoint);
        using ICheckpointReader second = Apply(copy);
        Assert.Equal(first.Tensors, second.Tensors);
        Assert.Equal(first.Identity, second.Identity);
        Assert.Equal(first.Companions.Select(file => file.Name), second.Companions.Select(file => file.Name));
        Assert.All(first.Companions.Zip(second.Companions), pair => Assert.Equal(pair.First.ReadBytes(), pair.Second.ReadBytes()));
        Assert.All(first.Tensors, tensor => Assert.Equal(ReadAll(first, tensor), ReadAll(second, tensor)));
    }

    /// <summary>The result owns the checkpoint.</summary>
    [Law]
    public void Dispose_OfTheResult_DisposesTheCheckpoint()
    {
        using ICheckpointReader checkpoint = Checkpoint.Open();
        using WatchedReader watched = new(checkpoint);
        Apply(watched).Dispose();
        Assert.True(watched.IsDisposed);
    }
}
