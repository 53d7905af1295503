namespace MergeHost.Reports;

/// <summary>Whether scores mean anything: what they say of units of an adapted model, against what benchmarks
/// say when the base's take their place.</summary>
public sealed record ScoreValidation
{
    /// <summary>The suite's name.</summary>
    public required string Suite { get; init; }

    /// <summary>The tasks that took part.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Whether the units are layers; else single weight matrices, which are compared within their module type.</summary>
    public required bool ByLayer { get; init; }

    /// <summary>What the adapted model has kept.</summary>
    public required IReadOnlyList<KeptAbility> Adapted { get; init; }

    /// <summary>The units, each swapped by itself.</summary>
    public required IReadOnlyList<SwappedUnit> Units { get; init; }

    /// <summary>What scores are worth, by scorer.</summary>
    public required IReadOnlyList<ScorerAgreement> Agreements { get; init; }

    /// <summary>What happens as more and more units are swapped in the order of a scorer.</summary>
    public required IReadOnlyList<RestorationCurve> Curves { get; init; }
}

/// <summary>What a model has kept of its base's and its adapted model's abilities.</summary>
/// <param name="Over">Over tasks with an <c>accuracy</c>, or texts with a <c>perplexity</c>, taken as 100 / perplexity.</param>
/// <param name="General">The share of the base's scores on general tasks; 1 is the base's;
/// <see langword="null"/> without such tasks.</param>
/// <param name="Gain">The share of what training gained on all other tasks; 1 is the adapted model's;
/// <see langword="null"/> where nothing was gained.</param>
public sealed record KeptAbility(string Over, double? General, double? Gain);

/// <summary>A unit that was swapped by itself.</summary>
/// <param name="Name">The tensor's name, or <c>layer N</c>.</param>
/// <param name="Kind">The module type, within which units are compared; empty for layers.</param>
/// <param name="Kept">What the model with the swapped unit has kept.</param>
public sealed record SwappedUnit(string Name, string Kind, IReadOnlyList<KeptAbility> Kept);

/// <summary>What a scorer's order is worth.</summary>
/// <param name="Scorer">The scorer.</param>
/// <param name="Over">As in <see cref="KeptAbility"/>.</param>
/// <param name="General">How well what the scorer restores first is what gives general ability back.</param>
/// <param name="Gain">How well what the scorer restores first is what leaves the gain alone.</param>
/// <param name="TradeOff">
/// The mean over the inner points of the scorer's curve of the share of lost general ability that came back, less the share of the gain
/// that was lost for it: above 0 more comes back than goes; <see langword="null"/> where training lost or gained nothing.
/// </param>
public sealed record ScorerAgreement(string Scorer, string Over, RankCorrelation? General, RankCorrelation? Gain, double? TradeOff);

/// <summary>A rank correlation.</summary>
/// <param name="Rho">Spearman's ρ, from −1 to 1, of ranks within a module type.</param>
/// <param name="Chance">The share of random orders that correlate as well or better.</param>
/// <param name="Count">How many units it rests on.</param>
public sealed record RankCorrelation(double Rho, double Chance, int Count);

/// <summary>What happens as more and more units are swapped, of each module type those first that a scorer would restore first.</summary>
/// <param name="Scorer">The scorer.</param>
/// <param name="Points">From none to all of the units.</param>
public sealed record RestorationCurve(string Scorer, IReadOnlyList<RestorationPoint> Points);

/// <summary>A point of a curve.</summary>
/// <param name="Fraction">The share of each module type that is swapped, rounded up to whole units.</param>
/// <param name="Restored">How many units that are.</param>
/// <param name="Kept">What the model has kept.</param>
public sealed record RestorationPoint(double Fraction, int Restored, IReadOnlyList<KeptAbility> Kept);
