using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Placing;

/// <summary>A parameter that adapters target by its name: a matrix, or one for each expert,
/// stored as one tensor or as one for each.</summary>
internal sealed class ExpertStack
{
    private readonly Action<IReadOnlyList<Factors>> _add;

    private ExpertStack(int count, Action<IReadOnlyList<Factors>> add)
    {
        Count = count;
        _add = add;
    }

    /// <summary>The number of matrices.</summary>
    public int Count { get; }

    /// <summary>Adds a product to each matrix, of <c>[out, rank]</c> and <c>[rank, in]</c>.</summary>
    public void Add(IReadOnlyList<Factors> factors) => _add(factors);

    /// <summary>Finds a parameter.</summary>
    /// <param name="model">The base.</param>
    /// <param name="module">The module.</param>
    /// <param name="parameter">The parameter's name in the loaded model.</param>
    /// <param name="inputs">What the adapter takes for the inputs of one matrix.</param>
    /// <param name="outputs">And for its outputs.</param>
    /// <exception cref="CheckpointException">The base has none, or it has another shape.</exception>
    public static ExpertStack Find(BaseModel model, AdapterModule module, string parameter, int inputs, int outputs)
    {
        if (model.Find(module.Name, parameter) is { } whole)
        {
            return whole.Info.Shape.Rank == 3 ? Fused(model, module, whole, inputs, outputs) : Plain(module, whole, inputs, outputs);
        }

        string[] parts = parameter == "gate_up_proj" ? ["gate_proj", "up_proj"] : [parameter];
        List<AdaptedTensor[]> experts = [];
        while (Expert(model, $"{module.Name}.{experts.Count}", parts) is { } next)
        {
            experts.Add(next);
        }

        if (experts.Count == 0)
        {
            model.Place(module.Name, parameter, module.Parts["lora_A"]);
        }

        foreach (AdaptedTensor expert in experts.SelectMany(expert => expert))
        {
            Check(module, expert, expert.In == inputs && expert.Out * parts.Length == outputs);
        }

        return new ExpertStack(experts.Count, all =>
        {
            foreach ((AdaptedTensor[] expert, Factors factors) in experts.Zip(all))
            {
                for (int i = 0; i < expert.Length; i++)
                {
                    expert[i].AddProduct(new Factors(factors.Left.Slice(i * expert[i].Out, expert[i].Out), factors.Right));
                }
            }
        });
    }

    /// <summary>Whether an architecture stores the matrices of experts as <c>[experts, in, out]</c>.</summary>
    /// <param name="config">The base's configuration.</param>
    public static bool IsTransposed(JsonObject? config) =>
        (config.Find("model_type") ?? config.Find("text_config").Find("model_type")).AsText() is "gpt_oss" or "llama4" or "llama4_text";

    private static AdaptedTensor[]? Expert(BaseModel model, string module, string[] parts)
    {
        AdaptedTensor[] found = [.. parts.Select(part => model.Find($"{module}.{part}", "weight")).OfType<AdaptedTensor>()];
        return found.Length < parts.Length ? null : found;
    }

    private static ExpertStack Plain(AdapterModule module, AdaptedTensor target, int inputs, int outputs)
    {
        Check(module, target, target.In == inputs && target.Out == outputs);
        return new ExpertStack(1, all => target.AddProduct(all[0]));
    }

    // gpt-oss stores [experts, in, out], others [experts, out, in]; where both are equal, the architecture tells.
    private static ExpertStack Fused(BaseModel model, AdapterModule module, AdaptedTensor target, int inputs, int outputs)
    {
        TensorShape shape = target.Info.Shape;
        bool isPlain = shape[1] == outputs && shape[2] == inputs;
        bool isTransposed = shape[1] == inputs && shape[2] == outputs;
        Check(module, target, isPlain || isTransposed);
        isTransposed = isTransposed && (!isPlain || IsTransposed(model.Config));
        int rows = (int)shape[1];
        target.Stack();
        return new ExpertStack((int)shape[0],
            all => target.Add(new LowRankChange(isTransposed ? [.. all.Select(factors => factors.Transposed())] : all, rows)));
    }

    private static void Check(AdapterModule module, AdaptedTensor target, bool fits)
    {
        if (!fits)
        {
            throw module.Wrong("lora_A",
                $"shapes {module.Parts["lora_A"].Shape} and {module.Parts["lora_B"].Shape} do not fit '{target.Info.Name}' of the "
                    + $"base, {target.Info.Shape}",
                "Name the base that the adapter was trained on.");
        }
    }
}
