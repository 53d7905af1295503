using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters;

/// <summary>The change that an adapter makes to a base.</summary>
internal sealed class LoraChange : DerivedCheckpoint, IFactoredCheckpoint
{
    private static readonly NoChange _nothing = new();

    private readonly Dictionary<string, PlainModule> _modules = [];
    private readonly Dictionary<string, AdaptedTensor> _products = [];
    private readonly Dictionary<string, PlainModule> _biases = [];
    private readonly RecentFactors _recent = new();

    /// <param name="inner">The adapter.</param>
    /// <param name="adapter">What it holds.</param>
    public LoraChange(ICheckpointReader inner, PlainLora adapter)
        : base(inner)
    {
        List<TensorInfo> tensors = [];
        foreach (PlainModule module in adapter.Modules.Values)
        {
            FactorShape shape = module.Shape;
            TensorInfo info = new($"{module.Name}.{shape.Parameter ?? "weight"}", DType.F32,
                shape.Count > 1 ? [shape.Count, shape.Out, shape.In] : shape.IsEmbedding ? [shape.In, shape.Out] : [shape.Out, shape.In]);
            AdaptedTensor product = new(new TensorSource(_nothing, info), null, isTransposed: false);
            if (shape.Count > 1)
            {
                product.Stack();
            }

            product.Add(new LowRankChange(_recent.Keep(() => Factors(module)), product.Rows / shape.Count));
            _products.Add(info.Name, product);
            _modules.Add(info.Name, module);
            tensors.Add(info);
            if (module.Bias is not null)
            {
                tensors.Add(new TensorInfo($"{module.Name}.bias", DType.F32, [shape.Out]));
                _biases.Add(tensors[^1].Name, module);
            }
        }

        Tensors = tensors;
        Warnings =
        [
            .. inner.Warnings, .. adapter.Warnings,
            .. adapter.Whole.Keys.Take(1).Select(whole => new Problem(ErrorCodes.CheckpointOddity,
                $"{adapter.Merged.Model}: {adapter.Whole.Count} tensors are saved whole, first "
                    + $"'{CheckpointException.Printable($"{whole.Module}.{whole.Parameter}")}', and left out: what changed in them can be "
                    + "told with the base alone",
                "Take models instead of adapters by themselves: `base+adapter`.", Severity: Severity.Warning)),
        ];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override IReadOnlyList<CompanionFile> Companions => [];

    public override IReadOnlyList<Problem> Warnings { get; }

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_products.TryGetValue(tensor.Name, out AdaptedTensor? product))
        {
            product.Read(firstElement, destination, scale: 1);
            return;
        }

        PlainModule module = _biases[tensor.Name];
        Matrix<float> bias = new Matrix<float>(1, module.Shape.Out, module.Adapter.ReadNow(module.Bias!)).Times(module.Scale);
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(bias.Elements.Span)
            .Slice((int)firstElement * sizeof(float), destination.Length).CopyTo(destination);
    }

    public (Matrix<float> Left, Matrix<float> Right)? FactorsOf(TensorInfo tensor) =>
        _modules.TryGetValue(tensor.Name, out PlainModule? module) && Factors(module) is [Factors only] ? (only.Left, only.Right) : null;

    private static IReadOnlyList<Factors> Factors(PlainModule module)
    {
        IReadOnlyList<Factors> factors = module.Read(module.Adapter.ReadNow);
        return module.Shape.IsEmbedding ? [factors[0].Transposed()] : factors;
    }

    // What changes are added to.
    private sealed class NoChange : ICheckpointReader
    {
        public IReadOnlyList<TensorInfo> Tensors => [];

        public IReadOnlyList<CompanionFile> Companions => [];

        public IReadOnlyList<string> WeightFiles => [];

        public IReadOnlyList<Problem> Warnings => [];

        public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) => destination.Clear();

        public void Dispose()
        {
        }
    }
}
