using MergeHost.Algebra;
using MergeHost.Runtimes;
using MergeHost.Strategies;

namespace MergeHost.Builders;

/// <summary>The tensors that a <see cref="MakeTreatment"/> makes, and what it makes them from. Used by one thread.</summary>
/// <param name="outputs">The tensors to make.</param>
/// <param name="read">Reads a run of a source's elements as float32: the first element, and how many, or -1 for all.</param>
/// <param name="run">Loads a model.</param>
public sealed class MadeTensors(IReadOnlyList<TensorInfo> outputs, Func<BlueprintSource, long, long, float[]> read,
    Func<string, ILanguageModel> run)
{
    private readonly Dictionary<string, float[]> _results = outputs.ToDictionary(output => output.Name,
        output => new float[output.ElementCount]);

    private readonly Dictionary<string, Dictionary<string, double>> _figures = [];

    /// <summary>The tensors to make, in the order of the blueprint.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; } = outputs;

    /// <summary>Matrix operations on the recipe's device.</summary>
    public required ILinearAlgebra Algebra { get; init; }

    /// <summary>The recipe's device.</summary>
    public required DeviceSpec Device { get; init; }

    /// <summary>Asks to stop; long work should look at it now and then.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Room for a result in row-major order, zero at first; the host rounds it to the output's dtype.</summary>
    /// <param name="output">The name of one of <see cref="Outputs"/>.</param>
    public float[] Result(string output) => _results[output];

    /// <summary>Notes a figure of a result, such as how much of it was cut away; the manifest keeps it.</summary>
    /// <param name="output">The name of one of <see cref="Outputs"/>.</param>
    /// <param name="figure">What it is: lower snake case.</param>
    /// <param name="value">Finite.</param>
    public void Note(string output, string figure, double value)
    {
        if (!_figures.TryGetValue(output, out Dictionary<string, double>? figures))
        {
            _figures.Add(output, figures = []);
        }

        figures[figure] = value;
    }

    /// <summary>What was noted of a result, or <see langword="null"/>.</summary>
    /// <param name="output">The name of one of <see cref="Outputs"/>.</param>
    public IReadOnlyDictionary<string, double>? Figures(string output) => _figures.GetValueOrDefault(output);

    /// <summary>Reads a source of one of the outputs, in row-major order. Each call reads it again.</summary>
    /// <exception cref="Checkpoints.CheckpointException">It cannot be read.</exception>
    public float[] Read(BlueprintSource source) => read(source, 0, -1);

    /// <summary>Reads a run of a source's elements, such as a row.</summary>
    /// <param name="source">A source of one of the outputs.</param>
    /// <param name="first">The first element.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="Checkpoints.CheckpointException">It cannot be read.</exception>
    public float[] Read(BlueprintSource source, long first, long count) => read(source, first, count);

    /// <summary>Loads a model by a runtime; the blueprint must say
    /// <see cref="ModelBlueprint.RunsModels"/>. The caller disposes it.</summary>
    /// <param name="model">The model's name, as options have it.</param>
    /// <exception cref="MergeHostException">The runtime does not know the model or its tokenizer, or its library is not there.</exception>
    public ILanguageModel Run(string model) => run(model);
}
