namespace MergeHost.Evaluation.Prediction;

/// <summary>What can be known of a merge before it is measured.</summary>
internal static class FeatureNames
{
    public const string Experts = "experts";
    public const string Change = "change";
    public const string Imbalance = "imbalance";
    public const string Cosine = "cosine";
    public const string Conflict = "conflict";
    public const string Overlap = "overlap";
    public const string Subspace = "subspace";
    public const string StableRank = "stableRank";
    public const string Step = "step";
    public const string KeptLeast = "keptLeast";
    public const string BaseLoss = "baseLoss";
    public const string Damage = "damage";
    public const string Barrier = "barrier";

    /// <summary>All of them with what they are, in the order in which they are shown.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> All { get; } =
    [
        (Experts, "how many are merged"),
        (Change, "length of what an expert learned over that of the base's weights, mean"),
        (Imbalance, "length of what was learned, longest expert over shortest"),
        (Cosine, "cosine of what two experts learned, mean"),
        (Conflict, "of the weights that two experts moved, the share moved in opposite directions"),
        (Overlap, "of the tenth of the weights that moved most, the share that two experts have in common"),
        (Subspace, "share of their eight leading directions that two experts have in common"),
        (StableRank, "stable rank of what was learned, mean over experts and matrices"),
        (Step, "length of the merge's change over the mean of the experts'"),
        (KeptLeast, "of the expert that it keeps least of, the share that the merge's change holds"),
        (BaseLoss, "loss of the base on each expert's texts, mean (nats)"),
        (Damage, "what experts lose on each other's texts, mean (nats)"),
        (Barrier, "loss of the experts' mean above the mean of their losses (nats)"),
    ];
}
