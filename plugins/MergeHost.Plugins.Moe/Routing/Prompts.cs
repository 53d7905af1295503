using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Moe.Routing;

/// <summary>An expert's prompts as token ids.</summary>
/// <param name="Positive">The texts that the expert is for.</param>
/// <param name="Negative">The texts that it is not for; may be empty.</param>
internal sealed record Prompts(IReadOnlyList<IReadOnlyList<int>> Positive, IReadOnlyList<IReadOnlyList<int>> Negative)
{
    /// <summary>Reads the prompts of experts by the base's tokenizer, with its begin token in front of each, if it has one.</summary>
    /// <param name="experts">The experts.</param>
    /// <param name="base">The base.</param>
    /// <returns>The prompts of each, and how many begin tokens stand before each.</returns>
    /// <exception cref="BuildException">A prompt has no token, or the tokenizer is of no known kind.</exception>
    public static (IReadOnlyList<Prompts> Prompts, int Begins) Read(IReadOnlyList<ExpertOptions> experts, DenseModel @base)
    {
        TextTokenizer tokenizer = TokenizerReader.Read(@base.Checkpoint.Companions);
        string begin = BeginOf(@base.Checkpoint);
        return ([.. experts.Select(expert => new Prompts([.. expert.PositivePrompts.Select(Encode)],
            [.. expert.NegativePrompts.Select(Encode)]))], tokenizer.Encode(begin).Count);

        IReadOnlyList<int> Encode(string prompt) => tokenizer.Encode(begin + prompt) is { Count: > 0 } ids ? ids
            : throw BuildException.Refused("a prompt is empty, and the base's texts do not begin with a token",
                "Write what the expert is for.");
    }

    /// <summary>Checks that a model can read texts as a whole.</summary>
    /// <exception cref="BuildException">One has no token, or more than the model was made for.</exception>
    public static void Check(ILanguageModel model, IEnumerable<IReadOnlyList<int>> texts)
    {
        foreach (IReadOnlyList<int> ids in texts.Where(ids => ids.Count == 0 || ids.Count > model.MaxPositions))
        {
            throw ids.Count == 0 ? BuildException.Refused("a text is empty, and the model's texts do not begin with a token", "Write more.")
                : BuildException.Refused($"a text has {ids.Count} tokens, more than the {model.MaxPositions} that the model was made for",
                    "Shorten it, or make several of it.");
        }
    }

    // The token as text, as the peer has it, whether or not texts begin with it otherwise.
    private static string BeginOf(ICheckpointReader @base) =>
        TokenRoles.TextOf(@base.Companions.FirstOrDefault(file => file.Name == "tokenizer_config.json")?.ReadJson(), "bos_token") ?? "";
}
