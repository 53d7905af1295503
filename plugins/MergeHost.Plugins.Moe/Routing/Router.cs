using MergeHost.Builders;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.Moe.Routing;

/// <summary>Makes the rows of routers: one a layer and expert, the shared experts after the others.</summary>
/// <param name="mode">What they are made of.</param>
/// <param name="base">The base.</param>
/// <param name="experts">The experts, the shared ones after the others.</param>
/// <param name="seed">The seed of random rows.</param>
internal sealed class Router(GateMode mode, DenseModel @base, IReadOnlyList<ExpertOptions> experts, long seed)
{
    private const string Embedding = "model.embed_tokens.weight";

    private readonly (IReadOnlyList<Prompts> Experts, int Begins) _prompts = mode is GateMode.Random or GateMode.UniformRandom
        ? ([], 0)
        : Prompts.Read(experts, @base);

    /// <summary>Whether the base is run.</summary>
    public bool RunsBase => mode is GateMode.Hidden or GateMode.HiddenLast or GateMode.HiddenAvg or GateMode.TrueInput;

    /// <summary>What of the base is read for each router.</summary>
    public IReadOnlyList<BlueprintSource> Sources => mode == GateMode.CheapEmbed ? [new(@base.Name, Embedding)] : [];

    /// <summary>Memory that the making takes.</summary>
    public long MemoryBytes => RunsBase ? sizeof(float) * @base.Checkpoint.Tensors.Sum(tensor => tensor.ElementCount) : 0;

    /// <summary>What each layer's rows do with texts that they were not made of; empty where
    /// rows are not made to tell texts apart.</summary>
    public IReadOnlyList<RoutingAccuracy?> HeldOut { get; private set; } = [];

    /// <summary>The rows by layer and expert.</summary>
    /// <param name="made">Reads the base, or runs it.</param>
    /// <param name="name">The name of a layer's router, on which random rows depend.</param>
    public float[][][] Make(MadeTensors made, Func<int, string> name)
    {
        switch (mode)
        {
            case GateMode.Random or GateMode.UniformRandom:
                return [.. Enumerable.Range(0, @base.Layers).Select(layer => Random(name(layer)))];
            case GateMode.CheapEmbed:
                float[][] rows = [.. _prompts.Experts.Select(prompts => Unit(Difference(prompts, texts => Direction(Sum(texts, made)))))];
                return [.. Enumerable.Repeat(rows, @base.Layers)];
            default:
                using (ILanguageModel model = made.Run(@base.Name))
                {
                    IObservableModel seen = model as IObservableModel
                        ?? throw BuildException.Refused(
                            "the runtime does not show the states that gate_mode "
                                + $"'{(mode == GateMode.TrueInput ? "true_input" : "hidden")}' is made of",
                                    "Set `gate_mode: cheap_embed`.");
                    Prompts.Check(seen, _prompts.Experts.SelectMany(prompts => prompts.Positive.Concat(prompts.Negative)));
                    return mode == GateMode.TrueInput ? Discriminants(seen, made.Cancellation) : Hidden(seen, made.Cancellation);
                }
        }
    }

    private float[][] Random(string router)
    {
        int width = @base.HiddenSize;
        float bound = 1 / MathF.Sqrt(width);
        return
        [
            .. experts.Select((_, expert) => new NoiseSource(seed, $"{router} {expert}")).Select(source =>
                mode == GateMode.Random ? source.Normal(width) : source.Uniform(width).Select(number => number * bound).ToArray()),
        ];
    }

    private double[] Sum(IReadOnlyList<IReadOnlyList<int>> texts, MadeTensors made)
    {
        double[] sum = new double[@base.HiddenSize];
        foreach ((int id, int count) in texts.SelectMany(ids => ids).CountBy(id => id).OrderBy(pair => pair.Key))
        {
            float[] row = made.Read(Sources[0], (long)id * sum.Length, sum.Length);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += count * (double)row[i];
            }
        }

        return sum;
    }

    private float[][][] Hidden(IObservableModel model, CancellationToken cancellation)
    {
        double[][][] positive = Means(prompts => prompts.Positive);
        double[][][] negative = Means(prompts => prompts.Negative);
        return
        [
            .. Enumerable.Range(0, @base.Layers).Select(layer => _prompts.Experts.Select((_, expert) =>
                Unit([.. positive[expert][layer].Zip(negative[expert][layer], (plus, minus) => plus - minus)])).ToArray()),
        ];

        double[][][] Means(Func<Prompts, IReadOnlyList<IReadOnlyList<int>>> choose) =>
            [.. _prompts.Experts.Select(prompts => Mean(choose(prompts)))];

        // Zeros without a text.
        double[][] Mean(IReadOnlyList<IReadOnlyList<int>> texts)
        {
            double[][] means = [.. Enumerable.Range(0, @base.Layers).Select(_ => new double[@base.HiddenSize])];
            model.Observe(texts, ModelState.LayerInput, (_, layer, states) =>
            {
                int first = mode == GateMode.HiddenAvg ? 0 : states.Rows - 1;
                double share = 1.0 / ((states.Rows - first) * texts.Count);
                for (int token = first; token < states.Rows; token++)
                {
                    Add(means[layer], states.Row(token), share);
                }
            }, cancellation);
            return means;
        }
    }

    private float[][][] Discriminants(IObservableModel model, CancellationToken cancellation)
    {
        Discriminant[] layers = [.. Enumerable.Range(0, @base.Layers)
            .Select(_ => new Discriminant(_prompts.Experts.Count, @base.HiddenSize))];
        foreach ((int expert, Prompts prompts) in _prompts.Experts.Index())
        {
            bool isOne = prompts.Positive.Count == 1;
            model.Observe(prompts.Positive, ModelState.FeedForwardInput, (text, layer, states) =>
            {
                // Begin tokens have states like no other's, the same for all experts. An only text is cut in parts.
                for (int token = Math.Min(_prompts.Begins, states.Rows - 1); token < states.Rows; token++)
                {
                    layers[layer].Add(expert, states.Row(token), isOne ? token * Discriminant.Folds / states.Rows : text);
                }
            }, cancellation);
        }

        HeldOut = [.. layers.Select(layer => RoutingAccuracy.Of(layer.Try()))];
        return [.. layers.Select(layer => layer.Rows())];
    }

    private static double[] Difference(Prompts prompts, Func<IReadOnlyList<IReadOnlyList<int>>, double[]> vector)
    {
        double[] positive = vector(prompts.Positive);
        return prompts.Negative.Count == 0 ? positive : [.. positive.Zip(vector(prompts.Negative), (plus, minus) => plus - minus)];
    }

    private static double[] Direction(double[] vector)
    {
        double norm = Math.Max(Math.Sqrt(vector.Sum(number => number * number)), 1e-8);
        return [.. vector.Select(number => number / norm)];
    }

    private static float[] Unit(double[] vector) => [.. Direction(vector).Select(number => (float)number)];

    private static void Add(double[] sum, ReadOnlySpan<float> row, double factor)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += factor * row[i];
        }
    }
}
