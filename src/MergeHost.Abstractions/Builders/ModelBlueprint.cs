using MergeHost.Checkpoints;
using MergeHost.Strategies;

namespace MergeHost.Builders;

/// <summary>The plan of a model: its tensors, each with its sources and what makes it, and the files that go with them.</summary>
public sealed record ModelBlueprint
{
    /// <summary>The tensors in the order in which they are to be stored; names are unique.</summary>
    public required IReadOnlyList<BlueprintTensor> Tensors { get; init; }

    /// <summary>Configuration and tokenizer. In <c>config.json</c> the host sets the dtype that is stored, and nothing else.</summary>
    public required IReadOnlyList<CompanionFile> Companions { get; init; }

    /// <summary>The tensors of models that nothing is made from, each with the rule that says so; every
    /// tensor of a model is used or stands here.</summary>
    public IReadOnlyList<ExcusedTensor> Excused { get; init; } = [];

    /// <summary>Whether a <see cref="MakeTreatment"/> runs models, so that a runtime must be installed.</summary>
    public bool RunsModels { get; init; }

    /// <summary>
    /// Checks the model once it is written, by running it, where a user asks for that: tells in a line what was found, without an end, and
    /// throws a <see cref="BuildException"/> if the model is not what it must be. <see langword="null"/> if there is nothing to check.
    /// </summary>
    public Func<BuiltModel, string>? Check { get; init; }

    /// <summary>What is worth knowing; warnings, for a builder throws what stands in its way.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];

    /// <summary>Tells how the blueprint breaks its contract; the host asks before it plans, tests ask too.</summary>
    /// <param name="models">The models that it was made for.</param>
    public IEnumerable<string> Breaches(IReadOnlyDictionary<string, ICheckpointReader> models)
    {
        Dictionary<BlueprintSource, TensorInfo> known = [];
        foreach ((string name, ICheckpointReader model) in models)
        {
            foreach (TensorInfo tensor in model.Tensors)
            {
                known.Add(new BlueprintSource(name, tensor.Name), tensor);
            }
        }

        HashSet<string> names = [];
        foreach (BlueprintTensor tensor in Tensors)
        {
            if (!names.Add(tensor.Name))
            {
                yield return $"plans two tensors of the name '{tensor.Name}'";
            }
            else if (tensor.Sources.FirstOrDefault(source => !known.ContainsKey(source)) is { } unknown)
            {
                yield return $"makes '{tensor.Name}' from {unknown}, which is not there";
            }
            else if (tensor.Breach([.. tensor.Sources.Select(source => known[source])]) is { } breach)
            {
                yield return $"{breach} (tensor '{tensor.Name}')";
            }
        }

        HashSet<BlueprintSource> used = [.. Tensors.SelectMany(tensor => tensor.Sources)];
        if (Excused.FirstOrDefault(excused => used.Contains(excused.Tensor)) is { } both)
        {
            yield return $"uses {both.Tensor}, and excuses it by '{both.Rule}'";
        }

        used.UnionWith(Excused.Select(excused => excused.Tensor));
        if (known.Keys.FirstOrDefault(source => !used.Contains(source)) is { } lost)
        {
            yield return $"neither uses {lost} nor excuses it";
        }
    }
}

/// <summary>A tensor of the output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its extents, outermost first.</param>
public sealed record BlueprintTensor(string Name, TensorShape Shape)
{
    /// <summary>What it is made from; may be empty.</summary>
    public IReadOnlyList<BlueprintSource> Sources { get; init; } = [];

    /// <summary>
    /// What makes it; <see langword="null"/> leaves it to the stage's strategy, for which sources must have its shape.
    /// </summary>
    /// <remarks>
    /// <see cref="JoinTreatment"/> and <see cref="MakeTreatment"/> go by the sources' own shapes; to all others sources have as many
    /// elements as the output. There is no base: all that is read is among the sources. Tensors with the same
    /// <see cref="MakeTreatment"/> are made in one go.
    /// </remarks>
    public Treatment? Treatment { get; init; }

    /// <summary>
    /// The type that it is stored in, unless the format knows better; <see langword="null"/> for what the recipe says, or else the sources'
    /// type. Must be given where there are no sources.
    /// </summary>
    public DType? DType { get; init; }

    /// <summary>Tells how the tensor breaks its contract, to go after the builder's name; <see langword="null"/> if it does not.</summary>
    internal string? Breach(IReadOnlyList<TensorInfo> sources) => Treatment switch
    {
        _ when sources.Count == 0 && (DType is null || Treatment is not MakeTreatment) =>
            "makes a tensor from nothing without saying how, and in what type",
        JoinTreatment join => join.Breach(Shape.ElementCount, sources),
        MakeTreatment => sources.Select(source => source.ElementCount).Append(Shape.ElementCount).Any(count => count > Array.MaxLength)
            ? $"makes a tensor in memory that has, or is made from one that has, more than {Array.MaxLength:N0} elements" : null,
        CopyTreatment { Source: null } => "copies the base, and there is none",
        CopyTreatment { Source: { } source } when source < 0 || source >= sources.Count => $"copies source {source} of {sources.Count}",
        null when sources.FirstOrDefault(source => source.Shape != Shape) is { } other =>
            $"leaves {Shape} to a strategy, and source '{other.Name}' has {other.Shape}",
        _ => sources.FirstOrDefault(source => source.ElementCount != Shape.ElementCount) is { } other
            ? $"makes {Shape.ElementCount:N0} elements out of {other.ElementCount:N0} of '{other.Name}', one by one" : null,
    };
}

/// <summary>A tensor of a model.</summary>
/// <param name="Model">The model's name, as options have it.</param>
/// <param name="Tensor">The tensor's name.</param>
public sealed record BlueprintSource(string Model, string Tensor)
{
    /// <summary>Model and tensor, for messages.</summary>
    public override string ToString() => $"'{Tensor}' of '{Model}'";
}

/// <summary>A tensor that nothing is made from.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Rule">Why not: lower snake case, such as <c>dense_mlp</c>.</param>
public sealed record ExcusedTensor(BlueprintSource Tensor, string Rule);
