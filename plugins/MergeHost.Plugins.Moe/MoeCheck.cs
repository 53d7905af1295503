using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Naming;

namespace MergeHost.Plugins.Moe;

/// <summary>What stands in the way of a mixture, or is worth knowing of it, before any data is read.</summary>
/// <param name="options">What is asked for.</param>
/// <param name="family">What is built.</param>
/// <param name="base">The base.</param>
/// <param name="warnings">Receives what is worth knowing.</param>
internal sealed class MoeCheck(MoeOptions options, MixtureFamily family, DenseModel @base, List<Problem> warnings)
{
    /// <summary>Checks everything.</summary>
    /// <exception cref="BuildException">Something stands in the way; all of it is told.</exception>
    public void Run()
    {
        List<Problem> problems = [.. Counts(), .. Prompts(), .. Models(), .. Names()];
        if (problems.Count > 0)
        {
            throw new BuildException(problems);
        }

        if (@base.Config["sliding_window"].AsInt() is { } window && @base.Config["use_sliding_window"].AsTruth() != false
            && family.ModelType == "mixtral")
        {
            warnings.Add(new Problem(ErrorCodes.BadConfig,
                $"base '{@base.Name}' looks back {window} tokens, and {family.Name} at all of them: longer texts are read in another way",
                null, null, Severity.Warning));
        }
    }

    private IEnumerable<Problem> Counts()
    {
        if (options.Experts.Count == 0)
        {
            yield return Refused("no experts are named", "List them under `experts:`.");
        }
        else if (MoeBuilder.PerToken(options, family) > options.Experts.Count)
        {
            string count = $"{MoeBuilder.PerToken(options, family)}{(options.ExpertsPerToken is null ? " where nothing is said" : "")}";
            yield return Refused(
                $"experts_per_token is {count}, and {options.Experts.Count} stand{(options.Experts.Count == 1 ? "s" : "")} under experts",
                $"Name more experts, or write `experts_per_token: {options.Experts.Count}`.");
        }
    }

    private IEnumerable<Problem> Prompts()
    {
        if (options.GateMode is GateMode.Random or GateMode.UniformRandom)
        {
            yield break;
        }

        foreach ((int index, ExpertOptions expert) in options.Experts.Index().Where(expert => expert.Item.PositivePrompts.Count == 0))
        {
            yield return Refused($"expert {index}, '{expert.SourceModel}', has no positive_prompts",
                "Say what it is for, or set `gate_mode: random`.", expert.Place);
        }

        if (options.GateMode == GateMode.TrueInput
            && options.Experts.FirstOrDefault(expert => expert.NegativePrompts.Count > 0) is { } negative)
        {
            yield return Refused("gate_mode 'true_input' tells the experts' prompts from each other, and has no use for negative_prompts",
                "Remove them.", negative.Place);
        }

        ExpertOptions? first = options.Experts.Count > 1 ? options.Experts[0] : null;
        if (first is { PositivePrompts.Count: > 0 } && options.Experts.All(expert =>
            expert.PositivePrompts.SequenceEqual(first.PositivePrompts) && expert.NegativePrompts.SequenceEqual(first.NegativePrompts)))
        {
            yield return Refused("all experts have the same prompts, so the router cannot tell them apart", "Give each prompts of its own.",
                first.Place);
        }
    }

    // Copies of the base itself are a mixture to be trained, or a test.
    private IEnumerable<Problem> Models()
    {
        if (options.Experts.Count < 2 || options.Experts.Any(expert => expert.SourceModel != options.Experts[0].SourceModel))
        {
            yield break;
        }

        if (options.Experts[0].SourceModel == @base.Name || options.AllowSameModels)
        {
            warnings.Add(new Problem(ErrorCodes.BadConfig,
                $"all experts are '{options.Experts[0].SourceModel}': the mixture is of use only if it is trained", null,
                options.Experts[0].Place, Severity.Warning));
            yield break;
        }

        yield return Refused($"all experts are '{options.Experts[0].SourceModel}', so there is nothing to route",
            "Name other models, or set `allow_same_models: true` to train the mixture.", options.Experts[0].Place);
    }

    private IEnumerable<Problem> Names()
    {
        if (options.Names == ExpertNames.Fused && !family.CanFuse)
        {
            yield return Refused($"programs read {family.Name} with names for each expert only", "Remove `names: fused`.");
        }

        List<TensorInfo> without = [.. @base.Checkpoint.Tensors.Where(tensor => !HasPlace(tensor.Name))];
        if (without.Count > 0)
        {
            string more = without.Count > 1 ? $" and {without.Count - 1} more tensors" : "";
            yield return Refused(
                $"{family.Name} has no place for '{without[0].Name}'{more} of base '{@base.Name}'; without it the mixture would be another "
                    + "model",
                "Build another architecture, or take a base without it.");
        }
    }

    private bool HasPlace(string name) =>
        MixtureTensors.IsFrequencies(name) || DenseModel.PartOf(name) is not null || name.Split('.') switch
        {
            ["model", "embed_tokens" or "norm", "weight"] or ["lm_head", "weight"] => true,
            ["model", "layers", _, "input_layernorm" or "post_attention_layernorm", "weight"] => true,
            ["model", "layers", _, "self_attn", "q_proj" or "k_proj" or "v_proj" or "o_proj", "weight"] => true,
            ["model", "layers", _, "self_attn", string projection, "bias"] => family.Biases.Contains(projection),
            ["model", "layers", _, "self_attn", "q_norm" or "k_norm", "weight"] => family.NormsQueries,
            _ => false,
        };

    private static Problem Refused(string message, string hint, TextPlace? place = null) =>
        new(ErrorCodes.BuildRefused, message, hint, place);
}
