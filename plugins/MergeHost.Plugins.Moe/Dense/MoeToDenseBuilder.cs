using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Lanes;
using MergeHost.Plugins.Moe.Naming;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Moe.Dense;

/// <summary>Makes a dense model of a mixture: the feed-forward network of each layer is the weighted mean of its experts.</summary>
/// <remarks>The mean of identical experts is the dense model that they came from. Of experts that were trained
/// apart it is a start for more training.</remarks>
[ModelBuilder("moe_to_dense")]
public sealed class MoeToDenseBuilder : IModelBuilder<MoeToDenseOptions>
{
    // The dense kind of each kind of mixture.
    private static readonly Dictionary<string, (string Type, string Architecture)> _kinds = new()
    {
        ["mixtral"] = ("mistral", "MistralForCausalLM"),
        ["qwen2_moe"] = ("qwen2", "Qwen2ForCausalLM"),
        ["qwen3_moe"] = ("qwen3", "Qwen3ForCausalLM"),
        ["deepseek"] = ("llama", "LlamaForCausalLM"),
    };

    private static readonly string[] _mixtureFields =
    [
        "num_local_experts", "num_experts", "num_experts_per_tok", "n_routed_experts", "n_shared_experts", "output_router_logits",
        "router_aux_loss_coef",
        "router_jitter_noise", "moe_intermediate_size", "shared_expert_intermediate_size", "decoder_sparse_step", "mlp_only_layers",
        "norm_topk_prob",
        "first_k_dense_replace", "moe_layer_freq", "scoring_func", "auto_map", "qkv_bias",
    ];

    /// <inheritdoc/>
    public ModelBlueprint Build(BuilderContext context, MoeToDenseOptions options)
    {
        Mixture mixture = new(options.Model, context.Models[options.Model]);
        if (!_kinds.TryGetValue(mixture.Type, out (string Type, string Architecture) kind))
        {
            throw mixture.Refused($"is of model_type {mixture.Type}; mixtures that can be made dense are {string.Join(", ", _kinds.Keys)}",
                "Name another mixture.");
        }

        Check(mixture, options);
        double[] weights = options.Weights.Count > 0 ? [.. options.Weights] : [.. Enumerable.Repeat(1.0, mixture.Experts)];
        RoutingShares? shares = options.Texts.Count > 0 ? new RoutingShares(mixture, options.Texts) : null;
        List<BlueprintTensor> tensors = [.. mixture.Others.Select(tensor => new BlueprintTensor(tensor.Name, tensor.Shape)
        {
            Sources = [mixture.Source(tensor)],
            Treatment = Treatment.CopySource(0)
        })];
        foreach (((int layer, Part part), TensorInfo[] experts) in mixture.Weights)
        {
            BlueprintSource[] sources = [.. experts.Select(mixture.Source)];
            string name = DenseModel.NameOf(layer, part);
            tensors.Add(new BlueprintTensor(name, experts[0].Shape)
            {
                Sources = shares is null ? sources : [.. sources, .. mixture.Routers.Values.Select(mixture.Source)],
                Treatment = shares is null ? Mean(weights) : Treatment.Make(made => Mean(made, name, sources, shares.Of(layer, made))),
                DType = shares is null ? null : context.OutputDType ?? experts[0].DType,
            });
        }

        HashSet<BlueprintSource> used = [.. tensors.SelectMany(tensor => tensor.Sources)];
        return new ModelBlueprint
        {
            Tensors = tensors,
            Companions = [.. mixture.Checkpoint.Companions.Select(file => file.Name == "config.json" ? Configured(file, kind) : file)],
            Excused =
            [
                .. context.Models.SelectMany(model => model.Value.Tensors, (model, tensor) => new BlueprintSource(model.Key, tensor.Name))
                    .Where(source => !used.Contains(source))
                    .Select(source => new ExcusedTensor(source,
                        source.Tensor.Contains("shared_expert", StringComparison.Ordinal) ? "shared_expert" : "router")),
            ],
            RunsModels = shares is not null,
        };
    }

    private static void Check(Mixture mixture, MoeToDenseOptions options)
    {
        if (options.Weights.Count > 0
            && (options.Texts.Count > 0 || options.Weights.Count != mixture.Experts || !(options.Weights.Sum() > 0)))
        {
            throw mixture.Refused(
                string.Create(CultureInfo.InvariantCulture,
                    $"has {mixture.Experts} experts, and weights are {options.Weights.Count}, with a sum "
                        + $"of {options.Weights.Sum()}{(options.Texts.Count > 0 ? ", beside texts" : "")}"),
                "Give one weight for each expert with a sum above 0, or texts.");
        }

        if (mixture.Shared.Count > 0 && !options.DropSharedExpert)
        {
            throw mixture.Refused($"has a shared expert ('{mixture.Shared[0].Name}'), for which a dense model has no place",
                "Set `drop_shared_expert: true` to leave it out.");
        }
    }

    private static Treatment Mean(double[] weights)
    {
        KernelParameters parameters = new(slots: 1, weights.Length);
        parameters.Fill(0, weights.Select(weight => weight / weights.Sum()));
        return Treatment.Elementwise<SumKernel>(parameters);
    }

    private static void Mean(MadeTensors made, string name, IReadOnlyList<BlueprintSource> sources, double[] shares)
    {
        float[] result = made.Result(name);
        foreach ((BlueprintSource source, double share) in sources.Zip(shares))
        {
            TensorPrimitives.MultiplyAdd(made.Read(source), (float)share, result, result);
        }
    }

    private static CompanionFile Configured(CompanionFile file, (string Type, string Architecture) kind)
    {
        JsonObject config = file.ReadJson();
        config["intermediate_size"] = (config["moe_intermediate_size"] ?? config["intermediate_size"])?.DeepClone();
        foreach (string field in _mixtureFields)
        {
            config.Remove(field);
        }

        config["model_type"] = kind.Type;
        config["architectures"] = new JsonArray(kind.Architecture);
        return CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
    }

    private readonly struct SumKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.P(0, i) * c.Source(i);
            }

            return sum;
        }
    }
}
