namespace MergeHost;

/// <summary>
/// Methods of the field by the names that recipes and papers give them: a strategy that is close by its letters would be another
/// merge.
/// </summary>
internal static class FieldMethods
{
    private static readonly HashSet<string> _mergekit =
    [
        "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear", "karcher", "linear",
        "model_stock",
        "multislerp", "nearswap", "nuslerp", "passthrough", "ram", "ramplus_tl", "sce", "slerp", "task_arithmetic", "ties",
    ];

    // Of mergekit's methods, old ones included.
    private static readonly HashSet<string> _parameters =
    [
        "alpha", "density", "embed_slerp", "eps", "epsilon", "filter_wise", "gamma", "int8_mask", "lambda", "max_iter", "normalize",
        "normalize_weights", "nuslerp_flatten",
        "nuslerp_row_wise", "r", "rescale", "scale", "select_topk", "t", "tol", "weight",
    ];

    // Words that other programs have for parameters.
    private static readonly Dictionary<string, (string What, string Nearest, string Hint)> _otherParameters = new(StringComparer.Ordinal)
    {
        ["drop_rate"] = ("the share that is dropped", "density", "Write `density:`, the share that is kept: 1 less the drop rate."),
        ["drop_prob"] = ("the share that is dropped", "density", "Write `density:`, the share that is kept: 1 less the drop probability."),
        ["mask_rate"] = ("the share that is dropped", "density", "Write `density:`, the share that is kept: 1 less the mask rate."),
        ["sparsity"] = ("the share that is dropped", "density", "Write `density:`, the share that is kept: 1 less the sparsity."),
        ["trim"] = ("the share that TIES keeps", "density", "Write `density:`."),
        ["top_k"] = ("the share that is kept, in some programs in percent", "density", "Write `density:`, a share from 0 to 1."),
        ["topk"] = ("the share that is kept, in some programs in percent", "density", "Write `density:`, a share from 0 to 1."),
        ["k"] = ("the share that is kept, in some programs in percent", "density", "Write `density:`, a share from 0 to 1."),
        ["scaling_factor"] = ("the factor on the merged task vector", "lambda", "Write `lambda:`."),
        ["scaling_coefficient"] = ("the factor on the merged task vector", "lambda", "Write `lambda:`."),
        ["scaling_coef"] = ("the factor on the merged task vector", "lambda", "Write `lambda:`."),
        ["scale_factor"] = ("the factor on the merged task vector", "lambda", "Write `lambda:`."),
        ["ratio"] = ("how far to go from one model to the other", "t", "Write `t:`."),
        ["interpolation"] = ("how far to go from one model to the other", "t", "Write `t:`."),
        ["majority_sign_method"] = ("PEFT's choice of how signs are voted on", "density",
            "Leave it out: signs are voted on by their total, PEFT's `total`."),
        ["filter"] = ("a part of a condition", "",
            "Write conditions under a parameter: `weight: [{filter: mlp, value: 0.5}, {value: 1}]`."),
    };

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

        ["simple_average"] = ("FusionBench's name for the mean of models", "linear"),
        ["weighted_average"] = ("FusionBench's name for a weighted mean", "linear"),
        ["ties_merging"] = ("FusionBench's name for TIES", "ties"),
        ["isotropic"] = ("isotropic merging", "iso_c"),
        ["task_singular_vectors"] = ("merging by task singular vectors", "tsv_m"),
        ["geometric_median"] = ("the point with the least sum of distances to all models", "karcher"),
        ["n_average"] = ("sd-mecha's name for the mean of models", "linear"),
        ["ties_sum"] = ("sd-mecha's name for TIES without a mean", "ties"),
        ["add_dissimilarity"] = ("a method of sd-mecha", "task_arithmetic"),
        ["sum_twice"] = ("SuperMerger's name for two weighted means, which two stages make", "linear"),
        ["triple_sum"] = ("SuperMerger's name for a weighted mean of three models", "linear"),
        ["train_difference"] = ("SuperMerger's way of adding what was trained where models differ", "task_arithmetic"),
        ["smooth_add"] = ("SuperMerger's way of adding smoothed task vectors", "task_arithmetic"),
        ["tensor_sum"] = ("SuperMerger's way of taking rows from one model or the other", "passthrough"),
        ["depth_upscaling"] = ("a stack of layers, some of them twice", "passthrough"),
        ["depth_up_scaling"] = ("a stack of layers, some of them twice", "passthrough"),
        ["stock"] = ("short for Model Stock", "model_stock"),
        ["model_breadcrumbs"] = ("Model Breadcrumbs", "breadcrumbs"),
        ["breadcrumb"] = ("Model Breadcrumbs", "breadcrumbs"),
        ["fusion"] = ("short for Arcee Fusion", "arcee_fusion"),

        // What is not there.
        ["fisher_merging"] = ("Fisher merging, which needs gradients", "linear"),
        ["regmean_plusplus"] = ("RegMean++, which needs activations of each model on its own data", "actmat"),
        ["layer_wise_adamerging"] = ("AdaMerging, which learns weights by gradients on unlabelled data", "task_arithmetic"),
        ["task_wise_adamerging"] = ("AdaMerging, which learns weights by gradients on unlabelled data", "task_arithmetic"),
        ["surgery"] = ("Representation Surgery, which trains a module for each task", "task_arithmetic"),
        ["wemoe"] = ("WEMoE, which routes inputs between task vectors", "tsv_m"),
        ["smile"] = ("SMILE, which routes inputs between low-rank experts", "tsv_m"),
        ["localize_and_stitch"] = ("Localize-and-Stitch, which needs data", "breadcrumbs"),
        ["lore"] = ("LoRE-Merging, which finds the base and low-rank task vectors together", "iso_c"),
        ["train_average"] = ("a mean that is trained on", "linear"),
        ["evolve"] = ("mergekit-evolve's search, which `mergehost sweep` makes over settings", "task_arithmetic"),
        ["mergekit_evolve"] = ("mergekit-evolve's search, which `mergehost sweep` makes over settings", "task_arithmetic"),
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
        ["led"] = ("LED-Merging, which needs scores of base and expert on each task's data, and whose masks leave most of two tasks' "
            + "common elements to nobody", "consensus_ta"),
        ["led_merging"] =
            ("LED-Merging, which needs scores of base and expert on each task's data, and whose masks leave most of two tasks' common "
                + "elements to nobody", "consensus_ta"),
        ["dc_merge"] =
            ("DC-Merge, of whose block mask no account was found that could be checked; `tsv_m` and `iso_cts` are its nearest kin",
                "tsv_m"),
        ["cabs"] = ("CABS", "breadcrumbs"),
        ["lines"] = ("LiNeS, which scales task vectors by layer, as a gradient such as `lambda: [0.3, 1]` does", "task_arithmetic"),
        ["star"] = ("STAR", "dg_hard"),
        ["cart"] = ("CART", "dg_hard"),
        ["knots"] = ("KnOTS", "knots_ties"),
        ["git_rebasin"] = ("Git Re-Basin, which permutes neurons; `align: [weight_matching]` does so before any merge", "linear"),
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

    /// <summary>Says what a parameter of another program is, and what to write in its place.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="known">Those that the strategy has.</param>
    /// <returns><see langword="null"/> if no program is known to have such a parameter, or the
    /// strategy has none that does the same.</returns>
    public static (string What, string Hint)? ExplainParameter(string name, IReadOnlyCollection<string> known) =>
        _otherParameters.TryGetValue(name, out (string What, string Nearest, string Hint) other)
            && (other.Nearest.Length == 0 || known.Contains(other.Nearest))
            ? (other.What, other.Hint)
            : null;

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

        if (id == "auto")
        {
            return ("a merge cannot choose its method, since that takes measuring",
                "Run `mergehost sweep RECIPE --write-best FILE`: it chooses one by the suite of `evaluate:`, and writes the recipe to "
                    + "merge by.");
        }

        if (_mergekit.Contains(id))
        {
            return ($"'{name}' is a method of mergekit that no installed plugin has", $"Choose another method; {otherwise}");
        }

        if (!_others.TryGetValue(id, out (string What, string Nearest) method))
        {
            return null;
        }

        string nearest = installed.Contains(method.Nearest)
            ? $"Take '{method.Nearest}', the nearest that is there"
            : "Choose another method";
        return ($"no strategy '{name}': that is {method.What}", $"{nearest}; {otherwise}");
    }
}
