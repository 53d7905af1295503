using MergeHost.Alignments;
using MergeHost.Checkpoints;
using static MergeHost.Testing.ReaderChecks;

namespace MergeHost.Testing;

/// <summary>What every alignment must do.</summary>
/// <param name="alignment">The alignment.</param>
public class AlignmentConformance(IModelAlignment alignment) : Conformance
{
    // The words of Llama's names.
    private static readonly (string Word, TensorRole Role)[] _roles =
    [
        ("embed_tokens", TensorRole.Embedding), ("lm_head", TensorRole.Head), ("norm", TensorRole.Norm), ("q_proj", TensorRole.Query),
        ("k_proj", TensorRole.Key),
        ("v_proj", TensorRole.Value), ("o_proj", TensorRole.AttentionOutput), ("gate_proj", TensorRole.Gate), ("up_proj", TensorRole.Up),
        ("down_proj", TensorRole.Down),
    ];

    /// <summary>The models that are aligned, the base first; by default a small Llama in BF16, and one with two tokens more.</summary>
    protected virtual IReadOnlyList<TinyCheckpoint> Models { get; } = [TinyCheckpoint.Llama(), TinyCheckpoint.Llama(tokens: 10, seed: 2)];

    /// <summary>The options; by default those of the record.</summary>
    protected virtual object Options => Activator.CreateInstance(alignment.OptionsType)!;

    /// <summary>Opens what the alignment asks for; by default there is nothing else.</summary>
    protected virtual ICheckpointReader Open(string name) => throw CheckpointException.Unreadable(name, "there is no such file or folder");

    /// <summary>Tries all laws on two small Llamas, with the options that the record has by default.</summary>
    /// <param name="alignment">The alignment.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(IModelAlignment alignment) => new AlignmentConformance(alignment).Check();

    /// <summary>Aligns models that are named <c>model0</c>, <c>model1</c> and so on; the first is the base.</summary>
    protected AlignedModels Align(IReadOnlyList<ICheckpointReader> checkpoints, Action<Problem>? warn = null)
    {
        StageModel[] models = [.. checkpoints.Select((checkpoint, index) => new StageModel($"model{index}", checkpoint)
        {
            IsBase = index == 0
        })];
        AlignmentContext context = new(models, RoleOf, name => models.FirstOrDefault(model => model.Name == name), Open,
            warn ?? (_ => { }));
        return alignment.Align(context, Options);
    }

    /// <summary>There is a checkpoint for each model, names are unique, and tensors of one name have one shape and can be read.</summary>
    [Law]
    public void Align_GivesEachModelTensorsOfTheSameShapes()
    {
        IReadOnlyList<ICheckpointReader> aligned = Align([.. Models.Select(model => model.Open())]).Checkpoints;
        Assert.Equal(Models.Count, aligned.Count);
        Assert.All(aligned, model => Assert.Equal(model.Tensors.Count, model.Tensors.Select(tensor => tensor.Name).Distinct().Count()));
        Assert.All(aligned.SelectMany(model => model.Tensors).GroupBy(tensor => tensor.Name),
            same => Assert.Equal(1, same.Select(tensor => tensor.Shape).Distinct().Count(), $"the number of shapes of '{same.Key}'"));
        Assert.All(aligned, model => Assert.All(model.Tensors, tensor => ReadAll(model, tensor)));
    }

    /// <summary>Data is read through the result alone, since an earlier stage may not have made it when models are aligned.</summary>
    [Law]
    public void Align_ReadsNoData()
    {
        WatchedReader[] watched = [.. Models.Select(model => new WatchedReader(model.Open()))];
        Align(watched);
        Assert.All(watched, model => Assert.Equal(0, model.Reads));
    }

    /// <summary>A run has the bytes that it has in the whole tensor, from any thread.</summary>
    [Law]
    public void Read_OfRunsOnSeveralThreads_GivesTheBytesOfTheWhole() =>
        Assert.All(Align([.. Models.Select(model => model.Open())]).Checkpoints, AssertRunsGiveTheWhole);

    /// <summary>Applied again, it gives the same tensors, files, report and bytes.</summary>
    [Law]
    public void Align_Twice_GivesTheSame()
    {
        AlignedModels first = Align([.. Models.Select(model => model.Open())]);
        AlignedModels second = Align([.. Models.Select(model => model.Open())]);
        Assert.Equal(first.Lines, second.Lines);
        Assert.Equal(first.Report.ToJsonString(), second.Report.ToJsonString());
        Assert.Equal(first.Config.ToJsonString(), second.Config.ToJsonString());
        Assert.Equal(first.Companions?.Select(file => file.Name), second.Companions?.Select(file => file.Name));
        Assert.All((first.Companions ?? []).Zip(second.Companions ?? []),
            pair => Assert.Equal(pair.First.ReadBytes(), pair.Second.ReadBytes()));
        Assert.All(first.Checkpoints.Zip(second.Checkpoints), pair =>
        {
            Assert.Equal(pair.First.Identity, pair.Second.Identity);
            Assert.Equal(pair.First.Tensors, pair.Second.Tensors);
            Assert.All(pair.First.Tensors, tensor => Assert.Equal(ReadAll(pair.First, tensor), ReadAll(pair.Second, tensor)));
        });
    }

    private static TensorRole RoleOf(string tensor) =>
        _roles.FirstOrDefault(known => tensor.Contains(known.Word, StringComparison.Ordinal)).Role;
}
