using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Kernels.Vectors;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>AdaLoRA: <c>W + α/(r + 10⁻⁵)·B·(E∘A)</c>, one number of E for each rank.</summary>
/// <seealso href="https://arxiv.org/abs/2303.10512">AdaLoRA</seealso>
internal sealed class AdaLoraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Factors factors = Fitting(module, "lora_B", "lora_A", target, new(module.Matrix("lora_B"), module.Matrix("lora_A")));
        float[] e = module.Vector("lora_E");
        Expect(module, "lora_E", e.Length == factors.Rank, target);
        double alpha = Config.Number("lora_alpha", 8);
        double rank = Config.Number("init_r", 12);
        double scale = (alpha > 0 ? alpha : rank) / (rank + 1e-5);
        target.AddProduct(factors with
        {
            Left = MatrixOperations.Make(factors.Left.Rows, e.Length, (row, column) => factors.Left[row, column] * e[column] * scale)
        });
    }
}

/// <summary>DeLoRA: <c>W + (λ/r)·B·diag(1/‖bᵢ‖‖aᵢ‖)·A·diag(‖wⱼ‖)</c>, the norms of W being those of training.</summary>
/// <seealso href="https://arxiv.org/abs/2503.18225">DeLoRA</seealso>
internal sealed class DeloraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    private const double Least = 1e-4;

    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        Factors factors = Fitting(module, "delora_B", "delora_A", target, new(module.Matrix("delora_B"), module.Matrix("delora_A")));
        double lambda = module.Vector("delora_lambda")[0];
        float[] norms = module.Vector("delora_w_norm");
        Expect(module, "delora_w_norm", norms.Length == target.In, target);
        Matrix<float> b = factors.Left.Transpose();
        double[] gains = [.. Enumerable.Range(0, factors.Rank)
            .Select(i => lambda / factors.Rank / (Norm(factors.Right.Row(i)) * Norm(b.Row(i))))];
        target.AddProduct(new(
            MatrixOperations.Make(target.Out, factors.Rank, (row, column) => factors.Left[row, column] * gains[column]),
            MatrixOperations.Make(factors.Rank, target.In, (row, column) => factors.Right[row, column] * norms[column])));
    }

    private static double Norm(ReadOnlySpan<float> vector) => Math.Max(Least, Math.Sqrt(RunArithmetic.Dot(vector, vector)));
}

/// <summary>GraLoRA: k·k blocks of a matrix, each with a product of rank r/k of its own; with
/// <c>hybrid_r</c> a plain one beside them.</summary>
/// <seealso href="https://arxiv.org/abs/2505.20355">GraLoRA</seealso>
internal sealed class GraloraTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        TensorShape shape = module.Parts["gralora_A"].Shape;
        Matrix<float> a = module.Matrix("gralora_A");
        Matrix<float> b = module.Matrix("gralora_B");
        int blocks = a.Rows;
        Expect(module, "gralora_A", shape.Rank == 3 && !target.IsTransposed && shape[1] * blocks == target.In && shape[2] % blocks == 0,
            target);
        int rank = (int)shape[2];
        int depth = rank / blocks;
        int width = target.In / blocks;
        int height = target.Out / blocks;
        Expect(module, "gralora_B", b.Rows == blocks && b.Columns == rank * height, target);
        int hybrid = Config.Whole("hybrid_r", 0);
        double scale = Config.Number("alpha", 64) / (Config.Number("r", 32) + hybrid);
        Factors[] parts =
        [
            .. Enumerable.Range(0, blocks).Select(x => new Factors(
                MatrixOperations.Make(height, rank, (row, k) => scale * b[x, (k * height) + row]),
                MatrixOperations.Make(rank, target.In,
                    (k, column) => k / depth == column / width
                        ? a[column / width, (column % width * rank) + (x * depth) + (k % depth)]
                        : 0))),
        ];
        target.Add(new LowRankChange(parts, height));
        if (hybrid > 0)
        {
            const string left = "gralora_B_general";
            const string right = "gralora_A_general";
            target.AddProduct(Fitting(module, left, right, target, new Factors(module.Matrix(left), module.Matrix(right))).Times(scale));
        }
    }
}
