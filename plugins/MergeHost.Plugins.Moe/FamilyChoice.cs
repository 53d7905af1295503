using MergeHost.Builders;

namespace MergeHost.Plugins.Moe;

/// <summary>Chooses what kind of mixture is built: the first that suits the models and the experts.</summary>
internal static class FamilyChoice
{
    /// <summary>Chooses.</summary>
    /// <param name="options">The experts, and the architecture if one is asked for.</param>
    /// <param name="type">The models' <c>model_type</c>.</param>
    /// <exception cref="BuildException">No kind suits; all that were asked for say why not.</exception>
    public static MixtureFamily Choose(MoeOptions options, string type)
    {
        List<MixtureFamily> asked = [.. MixtureFamily.All.Where(family =>
            options.Architecture is not { } name || family.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)
                || family.ModelType == name)];
        string known = string.Join(", ", MixtureFamily.All.Select(family => family.Name));
        if (asked.Count == 0)
        {
            throw BuildException.Refused($"architecture is '{options.Architecture}'; known are {known}",
                "Write the beginning of one of these names, such as `architecture: mixtral`.");
        }

        List<string> reasons = [];
        foreach (MixtureFamily family in asked)
        {
            if (WhyNot(family, options, type) is not { } reason)
            {
                return family;
            }

            reasons.Add($"{family.Name} {reason}");
        }

        throw BuildException.Refused($"no mixture can be built of these models: {string.Join("; ", reasons)}",
            "Change what one of them asks for.");
    }

    private static string? WhyNot(MixtureFamily family, MoeOptions options, string type)
    {
        IReadOnlyList<ExpertOptions> shared = options.SharedExperts;
        if (!family.Inputs.Contains(type))
        {
            return $"is made of {string.Join(" or ", family.Inputs)}, and these models are {type}";
        }

        if (family.Shared is null)
        {
            return shared.Count > 0 ? "has no shared experts" : null;
        }

        if (family.GatesShared)
        {
            return shared.Count != 1 ? $"has just one shared expert, and {shared.Count} are named"
                : shared[0].PositivePrompts.Count == 0 && options.GateMode is not (GateMode.Random or GateMode.UniformRandom)
                    ? "needs positive_prompts for its shared expert"
                : null;
        }

        return shared.Count > 1 ? $"has at most one shared expert, and {shared.Count} are named"
            : shared.Any(expert => expert.PositivePrompts.Count > 0) ? "has no gate for its shared expert, which has prompts"
            : null;
    }
}
