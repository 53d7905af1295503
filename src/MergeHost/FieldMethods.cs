namespace MergeHost;

/// <summary>
/// Methods of the field by the names that recipes and papers give them: a strategy that is close by its letters would be another
/// merge.
/// </summary>
internal static class FieldMethods
{
    private static readonly HashSet<string> _mergekit =
    [
        "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear", "karcher", "linear", "model_stock",
        "multislerp", "nearswap", "nuslerp", "passthrough", "ram", "ramplus_tl", "sce", "slerp", "task_arithmetic", "ties",
    ];

    // Of mergekit's methods.
    private static readonly HashSet<string> _parameters =
    [
        "alpha", "density", "eps", "epsilon", "filter_wise", "gamma", "int8_mask", "lambda", "max_iter", "normalize", "normalize_weights", "nuslerp_flatten",
        "nuslerp_row_wise", "r", "rescale", "scale", "select_topk", "t", "tol", "weight",
    ];

    private static readonly Dictionary<string, (string What, string Nearest)> _others = new(StringComparer.Ordinal)
    {
        // Other names of what is there.
        ["average"] = ("the mean of models", "linear"),
        ["avg"] = ("the mean of models", "linear"),
        ["mean"] = ("the mean of models", "linear"),
        ["lerp"] = ("a straight line between models", "linear"),
        ["soup"] = ("the mean of models", "linear"),
        ["model_soup"] = ("the mean of models", "linear"),
        ["wise_ft"] = ("a straight line between a model and its base", "linear"),
        ["weighted_sum"] = ("SuperMerger's name for a weighted mean", "linear"),
        ["add_difference"] = ("SuperMerger's name for adding task vectors", "task_arithmetic"),
        ["ta"] = ("short for task arithmetic", "task_arithmetic"),
        ["dare"] = ("DARE without a way to add up what survives", "dare_linear"),
        ["magnitude_prune"] = ("PEFT's name for trimming by magnitude without a vote on signs", "breadcrumbs"),
        ["frankenmerge"] = ("a stack of layers of several models", "passthrough"),
        ["rotate"] = ("a method of sd-mecha", "karcher"),

        // What is not there.
        ["fisher"] = ("Fisher merging, which needs gradients", "linear"),
        ["regmean"] = ("RegMean, which needs activations of each model on its own data", "actmat"),
        ["regmean_pp"] = ("RegMean++, which runs each task's data through the merged lower layers before it merges the next", "regmean"),
        ["regmean++"] = ("RegMean++, which runs each task's data through the merged lower layers before it merges the next", "regmean"),
        ["adamerging"] = ("AdaMerging, which learns weights by gradients on unlabelled data", "task_arithmetic"),
        ["doge"] = ("DOGE, which descends on gradients for each task", "wudi"),
        ["twin"] = ("Twin-Merging, which routes inputs between models", "tsv_m"),
        ["twin_merging"] = ("Twin-Merging, which routes inputs between models", "tsv_m"),
        ["tsv"] = ("merging by task singular vectors", "tsv_m"),
        ["tsvm"] = ("merging by task singular vectors", "tsv_m"),
        ["tsv_m"] = ("merging by task singular vectors", "task_arithmetic"),
        ["iso"] = ("isotropic merging", "iso_c"),
        ["iso_c"] = ("isotropic merging", "task_arithmetic"),
        ["iso_cts"] = ("isotropic merging", "task_arithmetic"),
        ["wudi"] = ("WUDI-Merging", "task_arithmetic"),
        ["consensus"] = ("Consensus merging", "consensus_ta"),
        ["consensus_ta"] = ("Consensus merging", "task_arithmetic"),
        ["consensus_ties"] = ("Consensus merging", "ties"),
        ["pcb"] = ("PCB-Merging", "ties"),
        ["emr"] = ("EMR-Merging, which gives a model for each task, not one for all", "ties"),
        ["cabs"] = ("CABS", "breadcrumbs"),
        ["lines"] = ("LiNeS, which scales task vectors by layer, as a gradient such as `lambda: [0.3, 1]` does", "task_arithmetic"),
        ["star"] = ("STAR", "dg_hard"),
        ["cart"] = ("CART", "dg_hard"),
        ["knots"] = ("KnOTS", "knots_ties"),
        ["git_rebasin"] = ("Git Re-Basin, which permutes neurons", "linear"),
        ["zipit"] = ("ZipIt!", "linear"),
        ["ema"] = ("a moving average over checkpoints of a training run, which `window:` with `schedule: ema` makes", "linear"),
        ["lawa"] = ("a mean of a training run's latest checkpoints, which `window:` makes", "linear"),
        ["svd"] = ("PEFT's way of combining adapters by singular values", "task_arithmetic"),
        ["ties_svd"] = ("PEFT's way of combining adapters by singular values", "ties"),
        ["dare_ties_svd"] = ("PEFT's way of combining adapters by singular values", "dare_ties"),
        ["dare_linear_svd"] = ("PEFT's way of combining adapters by singular values", "dare_linear"),
    };

    /// <summary>The parameters that methods of the field have.</summary>
    public static IEnumerable<string> Parameters => _parameters;

    /// <summary>Whether any method of the field has a parameter of this name.</summary>
    public static bool HaveParameter(string name) => _parameters.Contains(name);

    /// <summary>Says what a name means where it is a method of the field that is not installed under it.</summary>
    /// <param name="name">The name, as a recipe has it.</param>
    /// <param name="installed">The strategies that are installed.</param>
    /// <param name="otherwise">What a hint ends with.</param>
    /// <returns>The problem's message and hint, or <see langword="null"/> if it is installed, or nobody has such a method.</returns>
    public static (string Message, string Hint)? Explain(string name, IReadOnlyCollection<string> installed, string otherwise)
    {
        string id = name.Replace('-', '_').ToLowerInvariant();
        if (installed.Contains(id))
        {
            return null;
        }

        if (_mergekit.Contains(id))
        {
            return ($"'{name}' is a method of mergekit that no installed plugin has", $"Choose another method; {otherwise}");
        }

        if (!_others.TryGetValue(id, out (string What, string Nearest) method))
        {
            return null;
        }

        string nearest = installed.Contains(method.Nearest) ? $"Take '{method.Nearest}', the nearest that is there" : "Choose another method";
        return ($"no strategy '{name}': that is {method.What}", $"{nearest}; {otherwise}");
    }
}
