using MergeHost.Checkpoints;

namespace MergeHost.Alignments;

/// <summary>The models of a stage, and what an alignment may ask of the host.</summary>
/// <param name="models">The models, each once: the base first, then in the order of the recipe.</param>
/// <param name="roleOf">Tells a tensor's role from its name.</param>
/// <param name="find">Finds a model of the stage by name.</param>
/// <param name="open">Opens another checkpoint by name.</param>
/// <param name="warn">Receives what is worth knowing.</param>
public sealed class AlignmentContext(
    IReadOnlyList<StageModel> models, Func<string, TensorRole> roleOf, Func<string, StageModel?> find, Func<string, ICheckpointReader> open,
    Action<Problem> warn)
{
    /// <summary>The models, each once: the base first, then in the order of the recipe.</summary>
    public IReadOnlyList<StageModel> Models => models;

    /// <summary>The base, or <see langword="null"/> if the recipe names none.</summary>
    public StageModel? Base => models.FirstOrDefault(model => model.IsBase);

    /// <summary>A tensor's role, by its name.</summary>
    public TensorRole RoleOf(string tensor) => roleOf(tensor);

    /// <summary>The model of the stage that a name means, or <see langword="null"/> if it takes no part.</summary>
    public StageModel? Find(string name) => find(name);

    /// <summary>Opens a checkpoint that takes no part in the stage.</summary>
    /// <remarks>It is opened as a model of the recipe is, and its files are watched.</remarks>
    /// <param name="name">Its name as recipes have it: a path starts at the current folder, and then at the recipe's.</param>
    /// <returns>A reader that the host disposes.</returns>
    /// <exception cref="MergeHostException">It is not there, or cannot be opened.</exception>
    public ICheckpointReader Open(string name) => open(name);

    /// <summary>Tells the user what is worth knowing, though nothing stands in the way; a problem without
    /// a place gets that of the alignment.</summary>
    public void Warn(Problem problem) => warn(problem);
}
