using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Alignments;

/// <summary>The models of a stage, made alike.</summary>
public sealed record AlignedModels
{
    /// <summary>
    /// A reader for each of <see cref="AlignmentContext.Models"/>, in their order; that of a model that stays as it is may be its own. A
    /// reader may read other models of the stage, too. Each disposes the checkpoint that it is made from.
    /// </summary>
    public required IReadOnlyList<ICheckpointReader> Checkpoints { get; init; }

    /// <summary>
    /// The tokenizer's files of the output, and others that take the place of files of the same name;
    /// <see langword="null"/> where the files stay as they are.
    /// </summary>
    public IReadOnlyList<CompanionFile>? Companions { get; init; }

    /// <summary>The name of the model that the tokenizer's files come from, or
    /// <see langword="null"/> where they stay as they are.</summary>
    public string? TokenizerOwner { get; init; }

    /// <summary>Fields of the output's <c>config.json</c>, in its part for text;
    /// <see langword="null"/> removes what a field says.</summary>
    public JsonObject Config { get; init; } = [];

    /// <summary>What was done, in lines for people.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];

    /// <summary>What was done, in full; the manifest keeps it, so that it must not differ between two runs.</summary>
    public JsonObject Report { get; init; } = [];
}
