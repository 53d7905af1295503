using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Kernels.Vectors;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Placing;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Decides what becomes of each tensor of a base in an adapter, and makes it.</summary>
internal sealed partial class ExtractedModule(AdapterPlan plan, BuilderContext context, ExtractOptions options, JsonObject? config,
    TiedEnds ends)
{
    private readonly Dictionary<string, int> _ranks = options.Ranks.ToDictionary(rank => rank.Tensor, rank => rank.Rank);
    private readonly List<TensorInfo> _whole = [];
    private readonly ExtractedParameters _parameters = new(plan, context, options, config);

    /// <summary>Adds a tensor that changed.</summary>
    /// <returns><see langword="false"/> if an adapter has no place for it.</returns>
    public bool Add(TensorInfo tensor)
    {
        string[] words = tensor.Name.Split('.');
        if (words.Length < 2 || tensor.DType.Kind is not (DTypeKind.Float or DTypeKind.Quantized))
        {
            return false;
        }

        bool isParameter = words[^1] is not ("weight" or "bias");
        if (isParameter && tensor.Shape.Rank is not (2 or 3))
        {
            return false;
        }

        bool isEmbedding = tensor.Name == ends.Embedding?.Name || TiedEnds.IsEmbedding(tensor.Name);
        bool isEnd = isEmbedding || TiedEnds.IsHead(tensor.Name);
        if (tensor.Shape.Rank == 1 || (isEnd && (options.WholeEmbeddings || ends.IsTied)))
        {
            _whole.Add(tensor);
            return true;
        }

        if (tensor.Shape.Rank != 2 && !isParameter)
        {
            return false;
        }

        int rank = Math.Min(_ranks.GetValueOrDefault(tensor.Name, options.Rank),
            (int)Math.Min(tensor.Shape[tensor.Shape.Rank - 2], tensor.Shape.RowLength));
        if (rank == 0)
        {
            return true;
        }

        // The matrix that chooses experts is a parameter, and no module, in transformers 5.
        string name = LoadedName(tensor.Name);
        if (isParameter || RouterName().IsMatch(name))
        {
            _parameters.Add(tensor, name, rank);
        }
        else
        {
            AddProduct(tensor, name[..^".weight".Length], rank, isEmbedding);
        }

        return true;
    }

    /// <summary>Adds the parameters that are products, once all are known.</summary>
    public void AddParameters() => _parameters.AddAll();

    /// <summary>Adds a head that the base has as its embedding alone.</summary>
    public void AddHead(TensorInfo tensor) =>
        plan.AddWhole(LoadedName(tensor.Name)[..^".weight".Length], "weight", tensor.Shape,
            [new BlueprintSource(options.Tuned, tensor.Name)]);

    /// <summary>Adds the tensors that are saved whole, once all modules are known.</summary>
    /// <param name="all">The base's tensors.</param>
    public void AddWhole(IReadOnlyList<TensorInfo> all)
    {
        // A module is saved with all that it has; biases of others are saved all or none.
        HashSet<string> modules = [.. _whole.Where(tensor => tensor.Name.EndsWith(".weight", StringComparison.Ordinal)).Select(ModuleOf)];
        HashSet<string> norms = [.. all.Where(tensor => tensor.Shape.Rank == 1 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal))
            .Select(ModuleOf)];
        modules.UnionWith(_whole.Select(ModuleOf).Where(norms.Contains));
        bool hasBiases = _whole.Exists(tensor => !modules.Contains(ModuleOf(tensor)));
        foreach (TensorInfo tensor in all)
        {
            bool isBias = tensor.Name.EndsWith(".bias", StringComparison.Ordinal);
            if ((modules.Contains(ModuleOf(tensor)) && (isBias || tensor.Name.EndsWith(".weight", StringComparison.Ordinal)))
                || (hasBiases && isBias))
            {
                string name = LoadedName(tensor.Name);
                int dot = name.LastIndexOf('.');
                plan.AddWhole(name[..dot], name[(dot + 1)..], tensor.Shape, [new BlueprintSource(options.Tuned, tensor.Name)]);
            }
        }

        if (ends.IsTied && modules.Contains(ModuleOf(ends.Embedding!))
            && !context.Models[options.Tuned].Tensors.Any(tensor => tensor.Name == ends.HeadName))
        {
            plan.TiesEmbeddings = true;
            plan.AddWhole(ends.HeadName[..^".weight".Length], "weight", ends.Embedding!.Shape,
                [new BlueprintSource(options.Tuned, ends.Embedding.Name)]);
        }
    }

    private void AddProduct(TensorInfo tensor, string module, int rank, bool isEmbedding)
    {
        bool isTransposed = BaseModel.IsColumnWise(tensor, config);
        plan.IsTransposed |= isTransposed;
        int rows = checked((int)tensor.Shape[0]);
        int columns = checked((int)tensor.Shape[1]);

        // An embedding's product is that of its transpose.
        bool turns = isTransposed || isEmbedding;
        bool hasLengths = options.Dora;
        FactorShape shape = new(rank, turns ? rows : columns, turns ? columns : rows, isEmbedding,
            Lengths: hasLengths ? (turns ? columns : rows) : 0);
        BlueprintSource[] sources = [new(context.Base!, tensor.Name), new(options.Tuned, tensor.Name)];
        (string a, string b) = AdapterPlan.NamesOf(module, shape);
        plan.AddModule(module, shape, sources, Treatment.Make(made =>
        {
            float[] before = made.Read(sources[0]);
            float[] after = made.Read(sources[1]);
            float[] difference = new float[before.Length];
            RunArithmetic.Subtract(after, before, difference);
            Matrix<float> change = new(rows, columns, difference);
            change = turns ? change.Transpose() : change;
            Factors product = new LowRankApproximation(made.Algebra, context.Seed, options.Exact).Of(change, rank, tensor.Name);
            product.Right.Elements.Span.CopyTo(made.Result(a));
            product.Left.Elements.Span.CopyTo(made.Result(b));
            double norm = Norm(difference);
            float[]? lengths = hasLengths ? made.Result(AdapterPlan.MagnitudesOf(module)) : null;
            double left = lengths is null ? Left(change, product) : LeftByDora(tensor.Name, before, after, product, turns, lengths);
            made.Note(b, "rank", rank);
            made.Note(b, "residual", norm == 0 ? 0 : left / norm);
        }, scratchBytes: 6L * sizeof(float) * rows * columns));
    }

    // ‖Δ − B·A‖
    public static double Left(Matrix<float> change, Factors product)
    {
        float[] left = change.Elements.ToArray();
        RowProduct.Add(product.Left.Times(-1).Elements.Span, product.Right.Elements.Span, product.Rank, left, change.Columns);
        return Norm(left);
    }

    // ‖W − m·V/‖V‖‖ with V = W₀ + B·A: the lengths of the trained rows, or columns where the base stores them so.
    private static double LeftByDora(string name, float[] before, float[] after, Factors product, bool turns, float[] lengths)
    {
        Matrix<float> adapted = new(turns ? product.Right.Columns : product.Left.Rows, turns ? product.Left.Rows : product.Right.Columns,
            before);
        Matrix<float> trained = new(adapted.Rows, adapted.Columns, after);
        Factors stored = turns ? product.Transposed() : product;
        RowProduct.Add(stored.Left.Elements.Span, stored.Right.Elements.Span, stored.Rank, before, adapted.Columns);
        if (turns)
        {
            adapted = adapted.Transpose();
            trained = trained.Transpose();
        }

        for (int row = 0; row < adapted.Rows; row++)
        {
            double square = RunArithmetic.Dot(adapted.Row(row), adapted.Row(row));
            if (square == 0)
            {
                throw BuildException.Refused(
                    $"'{name}': {(turns ? "column" : "row")} {row} of the base with the product is all zeros, and DoRA divides by its "
                        + "length", "Extract without `--dora`.");
            }

            lengths[row] = (float)Math.Sqrt(RunArithmetic.Dot(trained.Row(row), trained.Row(row)));
            double factor = lengths[row] / Math.Sqrt(square);
            TensorPrimitives.Multiply(adapted.Row(row), (float)factor, adapted.Row(row));
        }

        float[] left = new float[before.Length];
        RunArithmetic.Subtract(trained.Elements.Span, adapted.Elements.Span, left);
        return Norm(left);
    }

    public static double Norm(float[] values) => Math.Sqrt(RunArithmetic.Dot(values, values));

    private static string ModuleOf(TensorInfo tensor) => tensor.Name[..tensor.Name.LastIndexOf('.')];

    // Models with several towers have other names in memory than on disk.
    private static string LoadedName(string name) => name switch
    {
        _ when name.StartsWith("language_model.model.", StringComparison.Ordinal) =>
            "model.language_model." + name["language_model.model.".Length..],
        _ when name.StartsWith("language_model.lm_head.", StringComparison.Ordinal) => name["language_model.".Length..],
        _ when name.StartsWith("vision_tower.", StringComparison.Ordinal)
            || name.StartsWith("multi_modal_projector.", StringComparison.Ordinal) => "model." + name,
        _ => name,
    };

    [GeneratedRegex(@"\.(mlp|block_sparse_moe)\.(gate|router)\.weight$")]
    private static partial Regex RouterName();
}
