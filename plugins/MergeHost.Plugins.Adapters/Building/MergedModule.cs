using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>A module of several adapters, as one.</summary>
/// <param name="parts">The module in each adapter that has it, with the adapter's place among all.</param>
/// <param name="options">What is asked for.</param>
/// <param name="rule">How changes become one.</param>
/// <param name="context">The models.</param>
internal sealed class MergedModule(IReadOnlyList<(PlainModule Module, int Index)> parts, LoraMergeOptions options, CoreRule rule,
    BuilderContext context)
{
    private readonly FactorShape _shape = parts[0].Module.Shape;
    private readonly IReadOnlyList<(MergedAdapter, int)> _adapters = [.. parts.Select(part => (part.Module.Adapter.Merged, part.Index))];

    private string Name => parts[0].Module.Name;

    private string FullName => _shape.Parameter is null ? Name : $"{Name}.{_shape.Parameter}";

    /// <summary>How many parameters of the module are merged that its class defines later.</summary>
    public int Depth { get; init; }

    /// <summary>Plans it.</summary>
    /// <exception cref="BuildException">The adapters do not go together, or ranks cannot be found yet.</exception>
    public void AddTo(AdapterPlan plan)
    {
        if (parts.Select(part => part.Module).FirstOrDefault(part => !IsLike(part.Shape)) is { } other)
        {
            throw BuildException.Refused(
                $"module '{FullName}' is of {Words(_shape)} in '{parts[0].Module.Adapter.Merged.Model}' and of {Words(other.Shape)} in "
                    + $"'{other.Adapter.Merged.Model}'",
                "Merge adapters of one base.", other.Adapter.Merged.Place);
        }

        int together = parts.Sum(part => part.Module.Shape.Rank);
        bool isWhole = rule.IsSum && options.Energy is null && !(options.Rank < together);
        int most = Math.Min(options.Rank ?? together, Math.Min(together, Math.Min(_shape.In, _shape.Out)));
        int rank = isWhole ? together : options.Energy is { } energy ? RankOf(energy, most) : most;
        FactorShape made = _shape with { Rank = rank, Depth = Depth, HasBias = parts.Any(part => part.Module.Bias is not null) };

        // Both bases, the factors again in them, and the small matrices.
        long scratchBytes = 4L * sizeof(float) * together * (_shape.In + _shape.Out + ((long)together * parts.Count));
        plan.AddModule(Name, made, [.. parts.SelectMany(part => part.Module.Sources)],
            Treatment.Make(tensors => Make(made, isWhole, tensors), scratchBytes));
    }

    private static string Words(FactorShape shape) =>
        shape.Count > 1 ? $"{shape.Count} times [{shape.Out}, {shape.In}]" : $"[{shape.Out}, {shape.In}]";

    private bool IsLike(FactorShape other) => other with { Rank = _shape.Rank, HasBias = _shape.HasBias } == _shape;

    private void Make(FactorShape made, bool isWhole, MadeTensors tensors)
    {
        (string a, string b) = AdapterPlan.NamesOf(Name, made);
        double whole = 0;
        double cut = 0;
        foreach ((int expert, Factors[] products) in Experts(module => module.Read(tensors.Read)).Index())
        {
            Factors result;
            if (isWhole)
            {
                result = products.Zip(rule.Factors(parts.Select(part => part.Module.Adapter.Merged.Weight)),
                    (product, factor) => product.Times(factor)).Aggregate((sum, product) => sum.Plus(product));
            }
            else
            {
                CoreSpace space = new(products, tensors.Algebra);
                result = space.Expand(Merge(space, expert, tensors.Algebra), made.Rank, out double length, out double lost);
                whole += length;
                cut += lost;
            }

            result.WriteExpert(expert, made.Count, tensors.Result(a), tensors.Result(b));
            tensors.Cancellation.ThrowIfCancellationRequested();
        }

        if (!isWhole)
        {
            tensors.Note(b, "rank", made.Rank);
            tensors.Note(b, "residual", whole == 0 ? 0 : Math.Sqrt(cut / whole));
        }

        if (made.HasBias)
        {
            Matrix<float>[] biases = [.. parts.Select(part =>
                new Matrix<float>(1, made.Out, part.Module.Bias is { } bias ? tensors.Read(bias) : new float[made.Out])
                    .Times(part.Module.Scale))];
            string name = AdapterPlan.BiasOf(Name);
            rule.MergeVectors(biases, _adapters, name).Elements.Span.CopyTo(tensors.Result(name));
        }
    }

    // The products of all adapters, expert by expert.
    private IEnumerable<Factors[]> Experts(Func<PlainModule, IReadOnlyList<Factors>> read)
    {
        IReadOnlyList<Factors>[] all = [.. parts.Select(part => read(part.Module))];
        return Enumerable.Range(0, _shape.Count).Select(expert => all.Select(factors => factors[expert]).ToArray());
    }

    private Matrix<float> Merge(CoreSpace space, int expert, ILinearAlgebra algebra) =>
        rule.Merge(space.Cores, _adapters, _shape.Count == 1 ? FullName : $"{FullName}.{expert}", Math.Min(_shape.In, _shape.Out), algebra);

    // Ranks are shapes, so that they must be known before anything is made.
    private int RankOf(double energy, int most)
    {
        if (parts.Select(part => part.Module.Adapter.Merged)
            .FirstOrDefault(adapter => context.Unmade.Contains(adapter.Model)) is { } unmade)
        {
            throw BuildException.Refused(
                $"'energy' is set, and '{unmade.Model}' is made by a stage of this recipe, so that ranks cannot be found while planning",
                "Set `rank:` instead, or make the adapter by a recipe of its own.", unmade.Place);
        }

        ManagedLinearAlgebra algebra = new();
        return Experts(module => module.Read(module.Adapter.ReadNow)).Index()
            .Select(expert =>
                Math.Clamp(LoraRankScorer.OfEnergy(algebra.SingularValues(Merge(new CoreSpace(expert.Item, algebra), expert.Index,
                    algebra)), energy), 1, most)).Max();
    }
}
