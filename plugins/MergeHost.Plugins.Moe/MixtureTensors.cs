using System.Numerics.Tensors;
using MergeHost.Builders;
using MergeHost.Plugins.Moe.Naming;
using MergeHost.Plugins.Moe.Routing;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Moe;

/// <summary>Plans the tensors of a mixture, in the order of the base's, experts in place of its feed-forward networks.</summary>
internal sealed class MixtureTensors
{
    private static readonly string[] _queryKeyValue = ["q_proj", "k_proj", "v_proj"];

    private readonly MoeOptions _options;
    private readonly MixtureFamily _family;
    private readonly DenseModel _base;
    private readonly IReadOnlyDictionary<string, DenseModel> _models;
    private readonly Router _router;
    private readonly DType _type;
    private readonly DType? _expertType;
    private readonly long _seed;
    private readonly bool _isFused;
    private readonly Treatment _zeros = Treatment.Make(_ => { });
    private readonly Treatment _routers;

    public MixtureTensors(
        MoeOptions options, MixtureFamily family, DenseModel @base, IReadOnlyDictionary<string, DenseModel> models, Router router,
        BuilderContext context)
    {
        (_options, _family, _base, _models, _router, _seed) = (options, family, @base, models, router, context.Seed);
        _isFused = options.Names == ExpertNames.Fused;
        DType stored = @base.Checkpoint.Tensors.FirstOrDefault(tensor => tensor.DType.Kind == DTypeKind.Float)?.DType ?? DType.F32;
        _type = context.OutputDType ?? stored;

        // Experts that are stored in unlike types become what the base is.
        bool isFloat = @base.Checkpoint.Tensors.All(tensor => tensor.DType.Kind == DTypeKind.Float);
        _expertType = context.OutputDType ?? (isFloat ? stored : null);
        _routers = Treatment.Make(MakeRouters, router.MemoryBytes, holdsSources: false);
    }

    /// <summary>Whether a tensor holds the frequencies of positions, which follow from <c>config.json</c>.</summary>
    public static bool IsFrequencies(string tensor) => tensor.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);

    public List<BlueprintTensor> Plan()
    {
        List<BlueprintTensor> tensors = [];
        HashSet<int> done = [];
        foreach (TensorInfo tensor in _base.Checkpoint.Tensors.Where(tensor => !IsFrequencies(tensor.Name)))
        {
            if (DenseModel.PartOf(tensor.Name) is not (int layer, _))
            {
                tensors.Add(new BlueprintTensor(tensor.Name, tensor.Shape)
                {
                    Sources = [_base.Source(tensor)],
                    Treatment = Treatment.CopySource(0)
                });
            }
            else if (done.Add(layer))
            {
                tensors.AddRange(Layer(layer));
            }
        }

        return tensors;
    }

    private IEnumerable<BlueprintTensor> Layer(int layer)
    {
        if (_family.NeedsBiases)
        {
            foreach (BlueprintTensor bias in MissingBiases(layer))
            {
                yield return bias;
            }
        }

        yield return RouterOf(_family.Router(layer, _isFused), _options.Experts.Count);
        foreach (BlueprintTensor tensor in _isFused ? Fused(layer) : Separate(layer))
        {
            yield return tensor;
        }

        foreach (ExpertOptions shared in _options.SharedExperts)
        {
            foreach (Part part in Enum.GetValues<Part>())
            {
                yield return Weights(_family.SharedExpert(layer, part), null, [(shared, part, _family.SharedExpert(layer, part))], layer);
            }

            if (_family.GatesShared)
            {
                yield return RouterOf(_family.SharedGate(layer), 1);
            }
        }
    }

    private IEnumerable<BlueprintTensor> MissingBiases(int layer)
    {
        HashSet<string> present = [.. _base.Checkpoint.Tensors.Select(tensor => tensor.Name)];
        foreach (string projection in _queryKeyValue)
        {
            string name = $"model.layers.{layer}.self_attn.{projection}";
            if (!present.Contains($"{name}.bias")
                && _base.Checkpoint.Tensors.FirstOrDefault(tensor => tensor.Name == $"{name}.weight") is { } weight)
            {
                yield return new BlueprintTensor($"{name}.bias", [weight.Shape[0]]) { Treatment = _zeros, DType = _type };
            }
        }
    }

    private BlueprintTensor RouterOf(string name, int rows) =>
        new(name, [rows, _base.HiddenSize]) { Sources = _router.Sources, Treatment = _routers, DType = _type };

    private IEnumerable<BlueprintTensor> Separate(int layer) =>
        from expert in Enumerable.Range(0, _options.Experts.Count)
        from part in Enum.GetValues<Part>()
        let name = _family.Expert(layer, expert, part)
        select Weights(name, null, [(_options.Experts[expert], part, name)], layer);

    private IEnumerable<BlueprintTensor> Fused(int layer)
    {
        (long experts, long wide, long width) = (_options.Experts.Count, _base.FeedForwardSize, _base.HiddenSize);
        yield return Weights(MixtureFamily.Fused(layer, isDown: false), [experts, 2 * wide, width],
            [.. _options.Experts.SelectMany((expert,
                index) => new[] { Part.Gate, Part.Up }.Select(part => (expert, part, _family.Expert(layer, index, part))))], layer);
        yield return Weights(MixtureFamily.Fused(layer, isDown: true), [experts, width, wide],
            [.. _options.Experts.Select((expert, index) => (expert, Part.Down, _family.Expert(layer, index, Part.Down)))], layer);
    }

    // Noise is that of the weight's own name, whether experts are fused or not.
    private BlueprintTensor Weights(string name, TensorShape? shape, IReadOnlyList<(ExpertOptions Expert, Part Part, string Name)> weights,
        int layer)
    {
        List<(DenseModel Model, TensorInfo Tensor, float Factor)> sources = [.. weights.Select(weight =>
        {
            DenseModel model = _models[weight.Expert.SourceModel];
            return (model, model.Weight(layer, weight.Part), weight.Part == Part.Down ? (float)weight.Expert.ResidualScale : 1);
        })];
        Treatment treatment = weights.Any(weight => weight.Expert.NoiseScale > 0) ? Treatment.Make(Noisy)
            : sources is [(_, _, 1)] ? Treatment.CopySource(0)
            : Treatment.Join([.. sources.Select((source, index) => new TensorPart(index, 0, source.Tensor.ElementCount)
            {
                Factor = source.Factor
            })]);
        return new BlueprintTensor(name, shape ?? sources[0].Tensor.Shape)
        {
            Sources = [.. sources.Select(source => source.Model.Source(source.Tensor))],
            Treatment = treatment,
            DType = _expertType ?? (treatment is MakeTreatment ? _type : null),
        };

        void Noisy(MadeTensors made)
        {
            Span<float> result = made.Result(name);
            foreach (((DenseModel model, TensorInfo tensor, float factor),
                (ExpertOptions expert, _, string weight)) in sources.Zip(weights))
            {
                float[] values = made.Read(model.Source(tensor));
                TensorPrimitives.MultiplyAdd(new NoiseSource(_seed, weight).Normal(values.Length), (float)expert.NoiseScale, values,
                    values);
                TensorPrimitives.Multiply(values, factor, result[..values.Length]);
                result = result[values.Length..];
            }
        }
    }

    private void MakeRouters(MadeTensors made)
    {
        float[][][] rows = _router.Make(made, layer => _family.Router(layer, isFused: false));
        foreach ((int layer, float[][] experts) in rows.Index())
        {
            Fill(made.Result(_family.Router(layer, _isFused)), experts[.._options.Experts.Count]);
            if (_family.GatesShared)
            {
                Fill(made.Result(_family.SharedGate(layer)), experts[_options.Experts.Count..]);
            }

            if (_router.HeldOut.ElementAtOrDefault(layer) is { } accuracy)
            {
                Note(made, _family.Router(layer, _isFused), accuracy);
            }
        }
    }

    private static void Note(MadeTensors made, string router, RoutingAccuracy accuracy)
    {
        made.Note(router, "held_out_right", accuracy.Share);
        made.Note(router, "low", accuracy.Low);
        made.Note(router, "high", accuracy.High);
        made.Note(router, "tokens", accuracy.Tokens);
    }

    private static void Fill(float[] router, IReadOnlyList<float[]> rows)
    {
        foreach ((int index, float[] row) in rows.Index())
        {
            row.CopyTo(router, index * row.Length);
        }
    }
}
