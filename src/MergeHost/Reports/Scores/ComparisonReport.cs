namespace MergeHost.Reports;

/// <summary>How far checkpoints are from each other.</summary>
/// <param name="Base">The model they were trained on from, or <see langword="null"/>.</param>
/// <param name="Models">The models.</param>
/// <param name="Pairs">Each two of them; with a base, also the base with each.</param>
/// <param name="LeftOut">The tensors that have no distance: of unlike shape by the vocabulary, or no numbers.</param>
public sealed record ComparisonReport(string? Base, IReadOnlyList<string> Models, IReadOnlyList<PairComparison> Pairs,
    IReadOnlyList<string> LeftOut);

/// <summary>Two models.</summary>
/// <param name="A">One.</param>
/// <param name="B">The other.</param>
/// <param name="Whole">Their distance over all tensors.</param>
/// <param name="Layers">Layer by layer.</param>
/// <param name="Tensors">Tensor by tensor.</param>
/// <param name="Hints">What the distance suggests.</param>
public sealed record PairComparison(
    string A, string B, Distance Whole, IReadOnlyList<LayerDistance> Layers, IReadOnlyList<TensorDistance> Tensors,
    IReadOnlyList<string> Hints);

/// <summary>How far two models are from each other.</summary>
/// <param name="Elements">How many elements were compared.</param>
/// <param name="L2">The length of their difference; that of weights and of task vectors is the same.</param>
/// <param name="Cosine">The cosine of their weights; <see langword="null"/> if either is all zeros.</param>
/// <param name="TaskVectors">The same of their task vectors, or <see langword="null"/> if no base was
/// named; what an adapter changes is one.</param>
/// <param name="Spaces">How much of their spaces they share, or <see langword="null"/> if they
/// are not of small rank, as adapters are.</param>
public sealed record Distance(long Elements, double L2, double? Cosine, TaskVectorDistance? TaskVectors = null, SpaceOverlap? Spaces = null)
{
    /// <summary>The length of the first model's weights.</summary>
    public double NormA { get; init; }
}

/// <summary>How much of their spaces changes of small rank share: the mean of cos² over the principal angles; of two random spaces it
/// is the larger rank over the extent.</summary>
/// <param name="Directions">How many angles there are.</param>
/// <param name="Outputs">The share of the spaces of outputs, in [0, 1].</param>
/// <param name="Inputs">The share of the spaces of inputs, in [0, 1].</param>
public sealed record SpaceOverlap(int Directions, double Outputs, double Inputs);

/// <summary>The principal angles between the spaces that two tensors of small rank span, in degrees, ascending.</summary>
/// <param name="Outputs">Between the spaces of outputs, which the left factors span.</param>
/// <param name="Inputs">Between the spaces of inputs, which the right factors span.</param>
public sealed record SpaceAngles(IReadOnlyList<double> Outputs, IReadOnlyList<double> Inputs);

/// <summary>How far two task vectors are from each other.</summary>
/// <param name="NormA">The length of one.</param>
/// <param name="NormB">The length of the other.</param>
/// <param name="Cosine">Their cosine; <see langword="null"/> if either is all zeros.</param>
/// <param name="SignConflictRate">Of the elements that moved in both, the share that moved in opposite directions;
/// <see langword="null"/> if there are none.</param>
public sealed record TaskVectorDistance(double NormA, double NormB, double? Cosine, double? SignConflictRate);

/// <summary>The distance of a layer.</summary>
/// <param name="Layer">Its number.</param>
/// <param name="Distance">The distance over its tensors.</param>
public sealed record LayerDistance(int Layer, Distance Distance);

/// <summary>The distance of a tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Distance">The distance.</param>
/// <param name="Angles">The angles between the spaces of both, or <see langword="null"/> if they are not of small rank.</param>
public sealed record TensorDistance(string Name, Distance Distance, SpaceAngles? Angles = null);
