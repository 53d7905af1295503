using MergeHost.Checkpoints;
using MergeHost.Runtimes;

namespace MergeHost.Builders;

/// <summary>A model that was built and written, for <see cref="ModelBlueprint.Check"/>. Used by one thread.</summary>
/// <param name="checkpoint">The model as it is stored; it stays open until the check has returned.</param>
/// <param name="run">Loads a checkpoint by a runtime.</param>
public sealed class BuiltModel(ICheckpointReader checkpoint, Func<ICheckpointReader, ILanguageModel> run)
{
    /// <summary>The model as it is stored. The host disposes it; a check may, too.</summary>
    public ICheckpointReader Checkpoint { get; } = checkpoint;

    /// <summary>Asks to stop.</summary>
    public required CancellationToken Cancellation { get; init; }

    /// <summary>Loads a checkpoint, such as one that is derived from the model, by the
    /// installed runtime. The caller disposes both.</summary>
    /// <exception cref="MergeHostException">The runtime does not know the model or its tokenizer, or its library is not there.</exception>
    public ILanguageModel Run(ICheckpointReader checkpoint) => run(checkpoint);
}
