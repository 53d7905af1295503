using MergeHost.Strategies;

namespace MergeHost.Testing;

/// <summary>Makes inputs for tests; a test shows only what matters to it.</summary>
public static class Some
{
    /// <summary>A base and sources near it, as models trained on from one base are: the same numbers at every run.</summary>
    /// <param name="shape">The extents, outermost first.</param>
    /// <param name="sources">How many sources.</param>
    /// <param name="seed">Other seeds give other numbers.</param>
    public static TensorValues Group(TensorShape shape, int sources = 2, int seed = 1)
    {
        System.Random random = new(seed);
        float[] @base = [.. Enumerable.Range(0, (int)shape.ElementCount).Select(_ => Normal(random))];
        float[][] others =
        [
            .. Enumerable.Range(0, sources).Select(_ => @base.Select(value => value + (0.1f * Normal(random))).ToArray()),
        ];
        return new TensorValues(shape, @base, others);
    }

    /// <summary>A vector of a base and sources, number by number.</summary>
    public static TensorValues Group(float[] @base, params float[][] sources) => new([@base.Length], @base, sources);

    private static float Normal(System.Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}

/// <summary>The numbers of tensors that are to become one.</summary>
/// <param name="Shape">The extents, outermost first.</param>
/// <param name="Base">The base's elements.</param>
/// <param name="Sources">The sources' elements.</param>
public sealed record TensorValues(TensorShape Shape, float[] Base, IReadOnlyList<float[]> Sources)
{
    /// <summary>The options of each source; those of the whole tensor if nothing is said.</summary>
    public IReadOnlyList<object>? SourceOptions { get; init; }

    /// <summary>Whether there is a base; if not, its numbers only tell how many there are.</summary>
    public bool HasBase { get; init; } = true;

    /// <summary>The tensor's role in the model.</summary>
    public TensorRole Role { get; init; } = TensorRole.Up;

    /// <summary>The layer that it belongs to, if any.</summary>
    public int? Layer { get; init; } = 0;

    /// <summary>How many layers the model has.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>The type that base and sources are stored in, which the numbers are values of; F32 by default.</summary>
    public DType StoredType { get; init; } = DType.F32;

    /// <summary>The tensor that is made.</summary>
    public TensorInfo Output => new("model.layers.0.mlp.up_proj.weight", DType.F32, Shape);

    /// <summary>The tensors as a strategy sees them.</summary>
    /// <param name="options">The options of the whole tensor.</param>
    /// <param name="withBase">Whether there is a base.</param>
    public TensorGroup Group(object options, bool withBase) => new()
    {
        Output = Output,
        Role = Role,
        Layer = Layer,
        LayerCount = LayerCount,
        Base = withBase ? Output with { DType = StoredType } : null,
        Sources = [.. Sources.Select((_, index) => (Output with { DType = StoredType }, SourceOptions?[index] ?? options))],
        Options = options,
    };
}
