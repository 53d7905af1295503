namespace MergeHost.Recipes;

/// <summary>The weights of the checkpoints of a window, oldest first; those of a named schedule sum to 1.</summary>
/// <remarks>
/// A decay shape w with <c>w(0) = 1</c> and <c>w(1) = 0</c> over n evenly spaced checkpoints gives <c>cⱼ = w((j−1)/n) − w(j/n)</c>: the
/// merge then weights each update between checkpoints as a run does whose learning rate decays in that shape.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2507.17634">WSM: decay-free learning rate schedule via checkpoint merging</seealso>
/// <seealso href="https://arxiv.org/abs/2505.12082">Model merging in pre-training of large language models</seealso>
/// <param name="Name">Its name in recipes.</param>
/// <param name="NeedsEvenSteps">Whether the formula supposes that the checkpoints are evenly spaced.</param>
internal abstract record WindowSchedule(string Name, bool NeedsEvenSteps)
{
    /// <summary>The schedules that have names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["uniform", "linear", "minus_sqrt", "ema"];

    /// <summary>Finds a schedule.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="alpha">The share of each further checkpoint in <c>ema</c>, in (0, 1).</param>
    /// <returns><see langword="null"/> if there is none of that name.</returns>
    public static WindowSchedule? Of(string name, double alpha) => name switch
    {
        // The decay 1 − x weights all checkpoints alike.
        "uniform" or "linear" => new Decay(name, name == "linear", x => 1 - x),
        "minus_sqrt" => new Decay(name, true, x => 1 - Math.Sqrt(x)),
        "ema" => new Ema(alpha),
        _ => null,
    };

    /// <summary>The weights of some number of checkpoints.</summary>
    /// <param name="count">How many there are, at least 1.</param>
    public abstract IReadOnlyList<double> Weights(int count);

    private sealed record Decay(string Name, bool NeedsEvenSteps, Func<double, double> Shape) : WindowSchedule(Name, NeedsEvenSteps)
    {
        public override IReadOnlyList<double> Weights(int count) =>
            [.. Enumerable.Range(0, count).Select(j => Shape((double)j / count) - Shape((j + 1.0) / count))];
    }

    // e₁ = θ₁, eⱼ = α θⱼ + (1 − α) eⱼ₋₁.
    private sealed record Ema(double Alpha) : WindowSchedule("ema", true)
    {
        public override IReadOnlyList<double> Weights(int count) =>
            [.. Enumerable.Range(0, count).Select(j => (j == 0 ? 1 : Alpha) * Math.Pow(1 - Alpha, count - 1 - j))];
    }
}

/// <summary>Weights that the recipe lists, oldest checkpoint first.</summary>
internal sealed record ListedWeights(IReadOnlyList<double> Listed) : WindowSchedule("custom", false)
{
    public override IReadOnlyList<double> Weights(int count) => Listed;
}
