using System.Numerics.Tensors;
using MergeHost.Builders;
using MergeHost.Plugins.Moe.Routing;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.Moe.Dense;

/// <summary>How much each expert is given by the router of its layer on some texts; found once, when the first layer asks.</summary>
internal sealed class RoutingShares(Mixture mixture, IReadOnlyList<string> texts)
{
    private readonly Lock _lock = new();
    private Dictionary<int, double[]>? _shares;

    /// <summary>The shares of a layer's experts, with a sum of 1.</summary>
    public double[] Of(int layer, MadeTensors made)
    {
        lock (_lock)
        {
            return (_shares ??= Measure(made))[layer];
        }
    }

    private Dictionary<int, double[]> Measure(MadeTensors made)
    {
        using ILanguageModel model = made.Run(mixture.Name);
        IObservableModel seen = model as IObservableModel
            ?? throw BuildException.Refused("the runtime does not show the states that routers are given",
                "Give `weights:` in place of `texts:`.");
        Dictionary<int, double[]> sums = mixture.Routers.Keys.ToDictionary(layer => layer, _ => new double[mixture.Experts]);
        Dictionary<int, float[]> routers = mixture.Routers.ToDictionary(router => router.Key,
            router => made.Read(mixture.Source(router.Value)));
        IReadOnlyList<int>[] read = [.. texts.Select(text => seen.Encode(text, begins: true))];
        Prompts.Check(seen, read);
        seen.Observe(read, ModelState.FeedForwardInput, (_, layer, states) =>
        {
            for (int token = 0; token < states.Rows; token++)
            {
                Add(sums[layer], routers[layer], states.Row(token));
            }
        }, made.Cancellation);
        return sums.ToDictionary(layer => layer.Key, layer => layer.Value.Select(sum => sum / layer.Value.Sum()).ToArray());
    }

    private void Add(double[] sums, float[] router, ReadOnlySpan<float> state)
    {
        double[] likelihoods = new double[mixture.Experts];
        for (int expert = 0; expert < likelihoods.Length; expert++)
        {
            likelihoods[expert] = TensorPrimitives.Dot(router.AsSpan(expert * state.Length, state.Length), state);
        }

        TensorPrimitives.SoftMax<double>(likelihoods, likelihoods);
        int[] chosen = [.. Enumerable.Range(0, likelihoods.Length).OrderByDescending(expert => likelihoods[expert]).Take(mixture.PerToken)];
        double sum = chosen.Sum(expert => likelihoods[expert]);
        foreach (int expert in chosen)
        {
            sums[expert] += likelihoods[expert] / sum;
        }
    }
}
