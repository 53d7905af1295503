using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.DTypes;
using MergeHost.Runtimes;
using MergeHost.Strategies;

namespace MergeHost.Testing;

/// <summary>What every model builder must do; <see cref="Models"/> and <see cref="Options"/> say of what it builds.</summary>
/// <param name="builder">The builder.</param>
public abstract class BuilderConformance(IModelBuilder builder) : Conformance
{
    /// <summary>The models by the names that <see cref="Options"/> have.</summary>
    protected abstract IReadOnlyDictionary<string, TinyCheckpoint> Models { get; }

    /// <summary>The options; by default those of the record.</summary>
    protected virtual object Options => Activator.CreateInstance(builder.OptionsType)!;

    /// <summary>The name of the base, if one is named.</summary>
    protected virtual string? Base => null;

    /// <summary>Loads a model for a work that runs models; by default there is no runtime.</summary>
    protected virtual ILanguageModel Run(string model) => throw new NotSupportedException("the tests have no runtime");

    /// <summary>Lets the builder plan over headers alone.</summary>
    /// <param name="options">The options; <see cref="Options"/> if nothing is said.</param>
    /// <param name="type">The type that the recipe wants.</param>
    protected ModelBlueprint Build(object? options = null, DType? type = null) =>
        builder.Build(new BuilderContext(Headers()) { Base = Base, OutputDType = type, Seed = 1 }, options ?? Options);

    /// <summary>Makes the tensors of a blueprint that are not left to a strategy, in float32, in the plainest way.</summary>
    /// <returns>The numbers by the tensors' names.</returns>
    protected IReadOnlyDictionary<string, float[]> Make(ModelBlueprint blueprint)
    {
        Dictionary<string, float[]> results = [];
        foreach (BlueprintTensor tensor in blueprint.Tensors.Where(tensor => tensor.Treatment is not (null or MakeTreatment)))
        {
            results.Add(tensor.Name, StrategyRunner.Make(tensor, [.. tensor.Sources.Select(source => Read(source))]));
        }

        foreach (IGrouping<Treatment?, BlueprintTensor> group in blueprint.Tensors.Where(tensor => tensor.Treatment is MakeTreatment)
            .GroupBy(tensor => tensor.Treatment))
        {
            MadeTensors made =
                new([.. group.Select(tensor => new TensorInfo(tensor.Name, tensor.DType ?? DType.F32, tensor.Shape))], Read, Run)
                {
                    Algebra = new ManagedLinearAlgebra(threads: 1),
                    Device = default,
                };
            ((MakeTreatment)group.Key!).Work(made);
            foreach (BlueprintTensor tensor in group)
            {
                results.Add(tensor.Name, made.Result(tensor.Name));
            }
        }

        return results;
    }

    /// <summary>The plan is one that the host can carry out, and accounts for every tensor of the models; a
    /// recipe's type changes nothing of that.</summary>
    [Law]
    public void Build_KeepsToTheContractOfBlueprints()
    {
        Assert.Empty(Build().Breaches(Headers()));
        Assert.Empty(Build(type: DType.F32).Breaches(Headers()));
    }

    /// <summary>The same models and options have the same plan.</summary>
    [Law]
    public void Build_Twice_PlansTheSame()
    {
        ModelBlueprint first = Build();
        ModelBlueprint second = Build();
        Assert.Equal(first.Tensors.Select(Words), second.Tensors.Select(Words));
        Assert.Equal(first.Excused, second.Excused);
        Assert.Equal(first.Companions.Select(file => file.Name), second.Companions.Select(file => file.Name));
        Assert.All(first.Companions.Zip(second.Companions), pair => Assert.Equal(pair.First.ReadBytes(), pair.Second.ReadBytes()));

        static string Words(BlueprintTensor tensor) =>
            $"{tensor.Name} {tensor.Shape} {tensor.DType} {tensor.Treatment?.GetType().Name} {string.Join(' ', tensor.Sources)}";
    }

    /// <summary>What is made in memory is made of finite numbers, and the same numbers each time.</summary>
    [Law]
    public void Make_Twice_GivesTheSameFiniteNumbers()
    {
        IReadOnlyDictionary<string, float[]> first = Make(Build());
        Assert.All(first.Values, numbers => Assert.All(numbers, number => Assert.True(float.IsFinite(number), $"a result holds {number}")));
        IReadOnlyDictionary<string, float[]> second = Make(Build());
        Assert.Equal(first.Keys, second.Keys);
        Assert.Equal(first.Values, second.Values);
    }

    private Dictionary<string, ICheckpointReader> Headers() =>
        Models.ToDictionary(model => model.Key, model => (ICheckpointReader)new HeadersOnly(model.Value.Open()));

    /// <summary>Reads a run of elements of a tensor of the models as float32; -1 for all.</summary>
    protected float[] Read(BlueprintSource source, long first = 0, long count = -1)
    {
        using ICheckpointReader reader = Models[source.Model].Open();
        TensorInfo tensor = reader.Tensors.Single(tensor => tensor.Name == source.Tensor);
        float[] values = new float[tensor.ElementCount];
        reader.ReadSingle(tensor, 0, values);
        return count < 0 ? values : values[(int)first..(int)(first + count)];
    }

    private sealed class HeadersOnly(ICheckpointReader inner) : DerivedCheckpoint(inner)
    {
        public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
            throw new InvalidOperationException($"'{tensor.Name}' is read while planning");
    }
}
