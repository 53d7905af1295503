using MergeHost.Algebra;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>LoHa: <c>W + (α/r)·(a₁·b₁)∘(a₂·b₂)</c>.</summary>
/// <seealso href="https://arxiv.org/abs/2108.06098">FedPara</seealso>
internal sealed class LohaTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        if (module.Has("hada_t1"))
        {
            throw module.Wrong("hada_t1", "LoHa with effective convolutions ('use_effective_conv2d') cannot be merged yet",
                "Merge it with PEFT first.");
        }

        Factors first = Fitting(module, "hada_w1_a", "hada_w1_b", target, new(module.Matrix("hada_w1_a"), module.Matrix("hada_w1_b")));
        Factors second = Fitting(module, "hada_w2_a", "hada_w2_b", target, new(module.Matrix("hada_w2_a"), module.Matrix("hada_w2_b")));
        first = first.Times(LycorisScale.Of(Config, module, Adapter));
        target.Add(target.IsTransposed
            ? new HadamardChange(first.Transposed(), second.Transposed(), target.Rows)
            : new HadamardChange(first, second, target.Rows));
    }
}

/// <summary>LoKr: <c>W + (α/r)·w₁ ⊗ w₂</c>, each whole or a product.</summary>
/// <seealso href="https://arxiv.org/abs/2309.14859">LyCORIS</seealso>
internal sealed class LokrTuner(AdapterFile adapter, BaseModel model) : AdapterTuner(adapter, model)
{
    protected override void Add(AdapterModule module)
    {
        AdaptedTensor target = Weight(module);
        if (module.Has("lokr_t2"))
        {
            throw module.Wrong("lokr_t2", "LoKr with effective convolutions ('use_effective_conv2d') cannot be merged yet",
                "Merge it with PEFT first.");
        }

        double scale = LycorisScale.Of(Config, module, Adapter);
        Matrix<float> left = Factor(module, "lokr_w1").Times(scale);
        Matrix<float> right = Factor(module, "lokr_w2");
        if (target.IsTransposed)
        {
            (left, right) = (left.Transpose(), right.Transpose());
        }

        Expect(module, module.Has("lokr_w1") ? "lokr_w1" : "lokr_w1_a",
            left.Rows * right.Rows == target.Rows && left.Columns * right.Columns == target.Columns, target);
        target.Add(new KroneckerChange(left, right));
    }

    private static Matrix<float> Factor(AdapterModule module, string part)
    {
        if (module.Has(part))
        {
            return module.Matrix(part);
        }

        Matrix<float> a = module.Matrix(part + "_a");
        Matrix<float> b = module.Matrix(part + "_b");
        return a.Columns == b.Rows ? MatrixOperations.Multiply(a, b)
            : throw module.Wrong(part + "_a",
                $"shape {module.Parts[part + "_a"].Shape} cannot be multiplied with {module.Parts[part + "_b"].Shape}");
    }
}

/// <summary>The scale of LyCORIS's adapters.</summary>
internal static class LycorisScale
{
    public static double Of(AdapterConfig config, AdapterModule module, AdapterFile adapter) =>
        config.Pattern("alpha_pattern", module.Name, config.Number("alpha", 8), adapter.Warnings)
        / config.Pattern("rank_pattern", module.Name, config.Number("r", 8), adapter.Warnings);
}
