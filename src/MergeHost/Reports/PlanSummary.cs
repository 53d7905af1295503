namespace MergeHost.Reports;

/// <summary>What a recipe would do.</summary>
/// <param name="Stages">The merges, in the order in which they would run.</param>
/// <param name="Warnings">What is worth knowing.</param>
/// <param name="BytesPerSecond">How fast a sample of the inputs on this machine could be read just now; 0 if there are none.</param>
public sealed record PlanSummary(IReadOnlyList<StageSummary> Stages, IReadOnlyList<Problem> Warnings, double BytesPerSecond)
{
    /// <summary>The models that come from a store.</summary>
    public IReadOnlyList<RemoteSummary> Remote { get; init; } = [];

    /// <summary>The tasks of the suite that the recipe names, with what they could show.</summary>
    public IReadOnlyList<SuiteTaskSummary> Suite { get; init; } = [];
}

/// <summary>A task of a suite, before anything was measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Benchmark">What measures.</param>
/// <param name="Questions">How many questions it asks; <see langword="null"/> where it scores
/// texts, or cannot tell without a model.</param>
/// <param name="LeastDifference">
/// The least difference in points that it shows of two models four times in five, at a level of 5 %, if one of them
/// alone is right on a quarter of the questions.
/// </param>
public sealed record SuiteTaskSummary(string Name, string Benchmark, int? Questions, double? LeastDifference);

/// <summary>A model that comes from a store.</summary>
/// <param name="Address">Which it is, in which revision.</param>
/// <param name="LengthBytes">The length of the files that a merge reads.</param>
/// <param name="MissingBytes">What of it a merge would download.</param>
/// <param name="FreeBytes">How much room there is for it.</param>
/// <param name="BytesPerSecond">How fast its headers came; 0 if too little came to tell.</param>
/// <param name="License">The licence that its card names, or <see langword="null"/>.</param>
/// <param name="Access">How access is limited, or <see langword="null"/> for what everyone may read.</param>
public sealed record RemoteSummary(
    string Address, long LengthBytes, long MissingBytes, long FreeBytes, double BytesPerSecond, string? License, string? Access);

/// <summary>What one merge of a recipe would do.</summary>
public sealed record StageSummary
{
    /// <summary>The stage's name, or <see langword="null"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The strategy.</summary>
    public required string Method { get; init; }

    /// <summary>The plugin that has the strategy, with its version.</summary>
    public required string Plugin { get; init; }

    /// <summary>The models whose tensors are read, the base first.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The checkpoints of a window with their weights, oldest first, or <see langword="null"/> if models are listed.</summary>
    public IReadOnlyList<WindowCheckpoint>? Window { get; init; }

    /// <summary>The tensors of the output.</summary>
    public required IReadOnlyList<TensorSummary> Tensors { get; init; }

    /// <summary>What becomes of each tensor of each model.</summary>
    public required IReadOnlyList<TensorAccount> Accounts { get; init; }

    /// <summary>What makes the models alike first.</summary>
    public IReadOnlyList<AlignmentSummary> Alignments { get; init; } = [];

    /// <summary>What is done to merged tensors at the end, in order.</summary>
    public IReadOnlyList<StepSummary> Then { get; init; } = [];

    /// <summary>What is chosen by scores, or <see langword="null"/> if everything is merged.</summary>
    public SelectionSummary? Selection { get; init; }

    /// <summary>How many elements the output has.</summary>
    public long ElementCount => Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, extent) => product * extent));

    /// <summary>Bytes of tensors that are read; those that have to be measured first may be read again.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Bytes of tensors that are written.</summary>
    public required long WriteBytes { get; init; }

    /// <summary>About how much memory the merge takes in bytes: the program, its buffers, and tensors that it holds.</summary>
    public required long MemoryBytes { get; init; }
}

/// <summary>A checkpoint of a training run that takes part by a window.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Step">The training step that the name gives.</param>
/// <param name="Weight">Its weight by the schedule.</param>
public sealed record WindowCheckpoint(string Name, long Step, double Weight);

/// <summary>How one tensor would be made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Its dtype.</param>
/// <param name="Shape">Its extents, outermost first.</param>
/// <param name="Treatment">What is done: copied, elementwise, measured first, joined, made, or whole.</param>
/// <param name="Inputs">The models and tensors it is made from, as <c>model: tensor</c>.</param>
public sealed record TensorSummary(string Name, string DType, IReadOnlyList<long> Shape, string Treatment, IReadOnlyList<string> Inputs);
