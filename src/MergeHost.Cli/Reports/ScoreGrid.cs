using MergeHost.Reports;
using MergeHost.Scoring;

namespace MergeHost.Cli.Reports;

/// <summary>The scores of one scorer by layer and module type.</summary>
internal sealed class ScoreGrid
{
    private readonly Dictionary<(string Module, int Layer), ScoredTensor> _cells;

    public ScoreGrid(ScoreReport report, ScorerSummary scorer)
    {
        Scorer = scorer;
        List<ScoredTensor> scored = [.. report.Tensors.Where(tensor => tensor.Layer is not null && tensor.Scores.ContainsKey(scorer.Id))];
        _cells = scored.ToDictionary(tensor => (tensor.Module, tensor.Layer!.Value));
        Modules = [.. scored.Select(tensor => tensor.Module).Distinct()];
        Layers = [.. scored.Select(tensor => tensor.Layer!.Value).Distinct().Order()];
    }

    public ScorerSummary Scorer { get; }

    /// <summary>The module types that have scores, in the order of the model.</summary>
    public IReadOnlyList<string> Modules { get; }

    /// <summary>The layers that have scores, ascending.</summary>
    public IReadOnlyList<int> Layers { get; }

    /// <summary>The score of a tensor.</summary>
    public double Value(ScoredTensor tensor) => tensor.Scores[Scorer.Id].Value;

    /// <summary>The score of a cell; NaN if it has none.</summary>
    public double Value(string module, int layer) => _cells.TryGetValue((module, layer), out ScoredTensor? tensor) ? Value(tensor) : double.NaN;

    /// <summary>The tensors of a module type, the first to restore first.</summary>
    public IReadOnlyList<ScoredTensor> Ranked(string module) =>
        [.. Layers.Select(layer => _cells.GetValueOrDefault((module, layer))).OfType<ScoredTensor>().OrderBy(tensor => tensor.Scores[Scorer.Id].Rank)];

    /// <summary>A score between the smallest, at 0, and the largest, at 1, of those that it can be compared with.</summary>
    public double Shade(string module, int layer)
    {
        IEnumerable<string> comparable = Scorer.Comparability == ScoreComparability.Global ? Modules : [module];
        List<double> values = [.. comparable.SelectMany(Ranked).Select(Value)];
        double range = values.Max() - values.Min();
        return range == 0 ? 0.5 : (Value(module, layer) - values.Min()) / range;
    }
}
