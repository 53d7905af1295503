using MergeHost.Checkpoints;

namespace MergeHost.Alignments;

/// <summary>A model of the stage that is to be aligned.</summary>
/// <param name="Name">As the recipe has it.</param>
/// <param name="Checkpoint">Its headers and companions; its data can be read only when the merge runs.</param>
public sealed record StageModel(string Name, ICheckpointReader Checkpoint)
{
    /// <summary>Whether it is the base of the stage.</summary>
    public bool IsBase { get; init; }

    /// <summary>Whether its output head is its embedding, so that it needs no tensor of its own.</summary>
    public bool TiesEmbeddings { get; init; }
}
