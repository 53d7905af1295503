using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Settings;
using MergeHost.Reports;
using MergeHost.Yaml;

namespace MergeHost.Evaluation.Studies;

/// <summary>Reports the merges of a study, on the test items alone.</summary>
internal sealed class StudyReport(Study study, StudyModels models)
{
    private readonly List<StudyPoint> _points = [];
    private readonly List<StudyMean> _means = [];
    private readonly List<(StudyStage Stage, StudyMerge Merge)> _merges = [];

    /// <summary>Adds the merges of a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="merges">Its merges.</param>
    /// <param name="best">The best setting of each method that is not tuned.</param>
    public void Add(StudyStage stage, IReadOnlyList<StudyMerge> merges, IReadOnlyList<Candidate> best)
    {
        _merges.AddRange(merges.Select(merge => (stage, merge)));
        _points.AddRange(merges.Select(merge => new StudyPoint(
            merge.Name, stage.Name, merge.Candidate.Method.Name, merge.Candidate.Setting.Values, IsChosen(merge),
            Test(merge).Compare(merge.Model), Test(merge).Changes(merge.Model), Test(merge).Gaps(merge.Model), OverControl([merge], merges))
        {
            Development = models.Development(merge),
            Controls = IsChosen(merge) && merge.Letters.Length > 1
                ? [.. models.Controls(merge)
                    .Select(control => new MergeComparison(control.Name, Test(merge).Compare(merge.Model, [control.Model])))]
                : [],
            Recipe = YamlText.Document(StudyRecipe.Anchored(study, merge.Letters, merge.Candidate.Setting)),
            Tuning = Tuning(merge, merges),
        }));
        foreach (StudyMerge[] same in merges.GroupBy(merge => (merge.Candidate.Method,
            merge.Tuned is null ? merge.Candidate.Setting : null))
            .Select(same => same.ToArray()).Where(same => same.Length > 1))
        {
            IReadOnlyDictionary<string, string> settings = same[0].Tuned is null
                ? same[0].Candidate.Setting.Values
                : new Dictionary<string, string>();
            _means.Add(new StudyMean(
                stage.Name, same[0].Candidate.Method.Name, settings, IsChosen(same[0]),
                Comparison.Mean([.. same.Select(merge => new ComparedMerge(Test(merge), merge.Model, []))]), OverControl(same, merges)));
        }

        bool IsChosen(StudyMerge merge) => merge.Tuned is not null || best.Contains(merge.Candidate);
    }

    /// <summary>All that was reported.</summary>
    /// <param name="distances">How far base and experts are from each other.</param>
    public StudySummary Summarize(ComparisonReport distances) => new(study.Name, study.Control, _points, _means, distances)
    {
        Standings = StudyStandings.Of(_merges, models),
        Choice = study.Auto is { } auto ? Choose(auto) : null,
    };

    private AutoChoice Choose(AutoChoiceRule rule)
    {
        StudyMerge[] merges = [.. _merges.Select(entry => entry.Merge)];
        Comparison development = new(models.Of(merges[0].Letters), ItemSplit.Development);
        int best = Enumerable.Range(0, merges.Length).MaxBy(index => _points[index].Development!.Value);
        string[] order = [.. study.Methods.Select(method => method.Name)];
        int[] level = [.. Enumerable.Range(0, merges.Length).Where(index => development.IsLevel(merges[best].Model, merges[index].Model))
            .OrderBy(index => Array.IndexOf(order, _points[index].Method))];
        return new AutoChoice(study.Experts.ToDictionary(expert => $"{expert.Letter}", expert => expert.Model.Text), level[0], best, level,
            rule.Budget, rule.LeftOut);
    }

    private Comparison Test(StudyMerge merge) => new(models.Of(merge.Letters), ItemSplit.Test);

    private IReadOnlyList<MetricSummary> OverControl(StudyMerge[] merges, IReadOnlyList<StudyMerge> stage)
    {
        StudyMerge[] controls = [.. stage.Where(other => other.Candidate.Method.Name == study.Control)];
        return controls.Length == 0 || merges[0].Candidate.Method.Name == study.Control
            ? []
            : Comparison.Mean([.. merges.Select(merge => new ComparedMerge(
                Test(merge), merge.Model, [.. controls.Where(other => other.Letters == merge.Letters).Select(other => other.Model)]))]);
    }

    private TuningSummary? Tuning(StudyMerge merge, IReadOnlyList<StudyMerge> stage)
    {
        if (merge.Tuned is not { } tuned)
        {
            return null;
        }

        Constituents constituents = models.Of(merge.Letters);
        Comparison development = new(constituents, ItemSplit.Development);
        MeasuredModel expert = constituents.Experts.MaxBy(development.Criterion)!;
        IEnumerable<(string Name, MeasuredModel Model)> others =
        [
            ("1/N", tuned.Equal.Model), ($"best expert {expert.Name}", expert),
            .. stage.Where(other => other.Letters == merge.Letters && other.Tuned is null)
                .Select(other => ($"{other.Name} {other.Candidate.Setting}".TrimEnd(), other.Model)),
        ];
        return new TuningSummary(
            tuned.Screened, tuned.Confirmed,
            [.. others.Select(other => new MergeComparison(other.Name, Test(merge).Compare(merge.Model, [other.Model])))],
            YamlText.Of(merge.Candidate.Setting.Recipe));
    }
}
