using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// The task vector that disturbs each task least in the directions of its own: the τ of least <c>Σ ‖(τ − τᵢ)τᵢᵀ‖² / ‖τᵢ‖²</c>, which is <c>θ₀ + λ · D (C + R)⁻¹</c>
/// with <c>C = Σ τᵢᵀτᵢ/‖τᵢ‖²</c> and <c>D = Σ τᵢτᵢᵀτᵢ/‖τᵢ‖²</c>, and <c>wᵢτᵢ</c> in place of τᵢ.
/// </summary>
/// <remarks>
/// The paper goes some hundred steps towards it from the sum of the task vectors; this is where the steps lead. Small directions count as much as large
/// ones then: where they are noise, <c>aswudi</c> or <c>swudi</c> is the better choice. Vectors, embeddings and heads get the mean of their task vectors.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2503.08099">Whoever Started the Interference Should End It: Guiding Data-Free Model Merging via Task Vectors</seealso>
[MergeStrategy("wudi", Base = BaseUse.Required)]
public sealed class WudiStrategy : IMergeStrategy<WudiOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<WudiOptions> group) => new ClosedForm
    {
        Factor = squaredLength => 1 / squaredLength,
        Filters = (values, _) => ([.. values.Select(_ => 1.0)], [.. values.Select(value => 1 / (value + group.Options.Ridge))]),
    }.Merge(group);
}

/// <summary>
/// As <c>wudi</c> in the K largest eigenvectors V of C, and the mean of the task vectors elsewhere: <c>τ* = τ̄ (I − V f Vᵀ) + D V (f/Λ) Vᵀ</c> with
/// <c>f = 1 − exp(−Λ·time)</c>, as a descent would be after some time.
/// </summary>
/// <remarks>
/// K is <c>share</c> of the inputs. The defaults are the authors' for language models that were trained in full. They leave out embeddings and heads, as here.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2606.07289">SWUDI</seealso>
[MergeStrategy("swudi", Base = BaseUse.Required)]
public sealed class SwudiStrategy : IMergeStrategy<SwudiOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<SwudiOptions> group) => new ClosedForm
    {
        Factor = squaredLength => 1 / squaredLength,
        StartsAtMean = true,
        Filters = (values, count) =>
        {
            double[] largest = values[..Math.Min(values.Length, (int)(group.Options.Share * count))];
            double[] f = [.. largest.Select(value => 1 - Math.Exp(-value * group.Options.Time))];
            return (f, [.. f.Zip(largest, (filter, value) => filter / value)]);
        },
    }.Merge(group);
}

/// <summary>As <c>swudi</c> with nothing to set: <c>f = 1</c>, and <c>K = ⌈(Σ√Λ)² / ΣΛ⌉</c>, the number of directions that count.</summary>
/// <remarks>
/// The authors found it as good as any choice on small models, and prefer <c>swudi</c> with its defaults for language models that were trained in full.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2606.07289">SWUDI</seealso>
[MergeStrategy("aswudi", Base = BaseUse.Required)]
public sealed class AswudiStrategy : IMergeStrategy<AswudiOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<AswudiOptions> group) => new ClosedForm
    {
        Factor = squaredLength => 1 / squaredLength,
        StartsAtMean = true,
        Filters = (values, _) =>
        {
            double roots = values.Sum(Math.Sqrt);
            double[] largest = values[..Math.Min(values.Length, (int)Math.Ceiling(roots * roots / values.Sum()))];
            return ([.. largest.Select(_ => 1.0)], [.. largest.Select(value => 1 / value)]);
        },
    }.Merge(group);
}
