using System.Globalization;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Dense;
using MergeHost.Plugins.Moe.Naming;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.Moe.Checking;

/// <summary>
/// Checks a mixture by what must hold whatever its routers say: where every expert is expert e, and shared ones give nothing, it is the
/// dense model whose feed-forward networks are those of expert e.
/// </summary>
/// <param name="base">The base of the mixture.</param>
internal sealed class IdenticalExperts(DenseModel @base)
{
    private const int MostTokens = 64;

    // Of the largest log-likelihood: sums in another order, over all layers.
    private const double Tolerance = 1e-4;

    /// <summary>Compares the log-likelihoods of a run of tokens for each expert.</summary>
    /// <returns>How far they are apart, in words.</returns>
    /// <exception cref="BuildException">They are further apart than rounding explains.</exception>
    public string Run(BuiltModel built)
    {
        ExpertLayout layout = new(built.Checkpoint);
        using RenamedExperts? separate = layout.FusedLayers().Any()
            ? new RenamedExperts(built.Checkpoint, layout.Separate(), ExpertNames.Separate)
            : null;
        Mixture mixture = new("the output", separate ?? built.Checkpoint);
        double largest = 0;
        for (int expert = 0; expert < mixture.Experts; expert++)
        {
            double[] sparse;
            using (StandIn identical = Sparse(mixture, expert))
            {
                sparse = LogLikelihoods(built, identical);
            }

            double[] dense;
            using (StandIn model = Dense(mixture, expert))
            {
                dense = LogLikelihoods(built, model);
            }

            double difference = sparse.Zip(dense, (one, other) => Math.Abs(one - other)).Max();
            double scale = dense.Max(Math.Abs);
            if (!(difference <= Tolerance * scale))
            {
                throw BuildException.Refused(
                    string.Create(CultureInfo.InvariantCulture,
                        $"if every expert is expert {expert}, log-likelihoods are up to {difference:G3} from those of the dense model, "
                        + $"which are up to {scale:G3}; expected at most {Tolerance * scale:G3}"),
                    "Report it to the plugin's author, with the recipe.");
            }

            largest = Math.Max(largest, difference / scale);
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"if all experts are one of the {mixture.Experts}, the mixture is the dense model: "
                + $"log-likelihoods agree to {largest:G2} of the largest");
    }

    private static StandIn Sparse(Mixture mixture, int expert)
    {
        Dictionary<string, TensorInfo?> others = [];
        foreach (TensorInfo[] weights in mixture.Weights.Values)
        {
            foreach (TensorInfo weight in weights)
            {
                others[weight.Name] = weights[expert];
            }
        }

        foreach (TensorInfo shared in mixture.Shared.Where(tensor => tensor.Name.EndsWith(".down_proj.weight", StringComparison.Ordinal)))
        {
            others[shared.Name] = null;
        }

        return new StandIn(mixture.Checkpoint,
            [.. mixture.Checkpoint.Tensors
                .Select(tensor => (tensor, others.TryGetValue(tensor.Name, out TensorInfo? stored) ? stored : tensor))],
                    mixture.Checkpoint.Companions);
    }

    // The mixture may have biases of zeros that the base has not.
    private StandIn Dense(Mixture mixture, int expert)
    {
        HashSet<string> known = [.. @base.Checkpoint.Tensors.Select(tensor => tensor.Name)];
        List<(TensorInfo, TensorInfo?)> tensors = [.. mixture.Others.Where(tensor => known.Contains(tensor.Name))
            .Select(tensor => (tensor, (TensorInfo?)tensor))];
        foreach (((int layer, Part part), TensorInfo[] weights) in mixture.Weights)
        {
            tensors.Add((weights[expert] with { Name = DenseModel.NameOf(layer, part) }, weights[expert]));
        }

        return new StandIn(mixture.Checkpoint, tensors, @base.Checkpoint.Companions);
    }

    private double[] LogLikelihoods(BuiltModel built, ICheckpointReader checkpoint)
    {
        built.Cancellation.ThrowIfCancellationRequested();
        using ILanguageModel model = built.Run(checkpoint);
        int count = Math.Min(MostTokens, Math.Min(model.MaxPositions, @base.Config["sliding_window"].AsInt() ?? int.MaxValue));
        int[] ids = [.. Enumerable.Range(0, count).Select(place => (int)((11 + (7919L * place)) % model.VocabularySize))];
        GeneratedText told = model.Generate([ids], new GenerationOptions { MaxTokens = 0, TellsPrompt = true }, built.Cancellation)[0];
        return [.. told.Prompt.Select(token => token.LogLikelihood).OfType<double>()];
    }
}
