using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// The task vector that disturbs each task least in the directions of its own: the τ of least <c>Σ ‖(τ − τᵢ)τᵢᵀ‖² / ‖τᵢ‖²</c>, which is
/// <c>θ₀ + λ · D (C + R)⁻¹</c> with <c>C = Σ τᵢᵀτᵢ/‖τᵢ‖²</c> and <c>D = Σ τᵢτᵢᵀτᵢ/‖τᵢ‖²</c>, and <c>wᵢτᵢ</c> in place of τᵢ.
/// </summary>
/// <remarks>
/// The paper goes some hundred steps towards it from the sum of the task vectors; this is where the steps lead. Small directions
/// count as much as large ones then: where they are noise, <c>aswudi</c> or <c>swudi</c> is the better choice. Vectors, embeddings
/// and heads get the mean of their task vectors.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2503.08099">Whoever Started the Interference Should End It: Guiding
/// Data-Free Model Merging via Task Vectors</seealso>
/// <evidence>
/// 91.5 against 80.4 of task arithmetic on a Llama-2-13B trio, 55.7 against 54.7 on adapters of Qwen-14B (arXiv:2503.08099); those went
/// some hundred steps, this is their limit.
/// </evidence>
/// <failure>Noise counts as much as signal in the limit.</failure>
/// <cost>As actmat.</cost>
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
/// As <c>wudi</c> in the K largest eigenvectors V of C, and the mean of the task vectors elsewhere: <c>τ* = τ̄ (I − V f Vᵀ) + D V (f/Λ)
/// Vᵀ</c> with <c>f = 1 − exp(−Λ·time)</c>, as a descent would be after some time.
/// </summary>
/// <remarks>
/// K is <c>share</c> of the inputs. The defaults are the authors' for language models that were trained in full.
/// They leave out embeddings and heads, as here.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2606.07289">SWUDI</seealso>
/// <evidence>
/// As good as wudi or better at a fraction of its time, by its authors; these defaults are those of their Llama-3.2-3B
/// (arXiv:2606.07289).
/// </evidence>
/// <failure>Nothing known beyond its authors' runs.</failure>
/// <cost>As actmat.</cost>
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
/// The authors found it as good as any choice on small models, and prefer <c>swudi</c> with its defaults
/// for language models that were trained in full.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2606.07289">SWUDI</seealso>
/// <evidence>As swudi, by its authors on small models (arXiv:2606.07289).</evidence>
/// <failure>Language models trained in full, where its authors prefer swudi.</failure>
/// <cost>As actmat.</cost>
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
