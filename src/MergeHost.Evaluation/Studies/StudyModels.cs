using MergeHost.Benchmarks;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Tuning;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Studies;

/// <summary>The models of a study: base, experts, and merges as they are measured.</summary>
internal sealed class StudyModels
{
    private readonly Study _study;
    private readonly Evaluator _evaluator;
    private readonly Evaluator _screening;
    private readonly MeasuredModel _base;
    private readonly IReadOnlyList<MeasuredModel> _experts;
    private readonly Func<string, YamlMapping, Func<Subject, MeasuredModel>, MeasuredModel> _merge;
    private readonly Func<string, Subject> _mean;
    private readonly CancellationToken _cancellation;

    /// <param name="study">The study.</param>
    /// <param name="evaluator">Measures.</param>
    /// <param name="base">The base, measured.</param>
    /// <param name="experts">The experts in the study's order, measured.</param>
    /// <param name="merge">Has a merge of a name and a recipe measured.</param>
    /// <param name="mean">The mean of the experts of some letters.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">The suite has no items to choose by, or none to report on.</exception>
    public StudyModels(
        Study study, Evaluator evaluator, MeasuredModel @base, IReadOnlyList<MeasuredModel> experts,
        Func<string, YamlMapping, Func<Subject, MeasuredModel>, MeasuredModel> merge, Func<string, Subject> mean,
        CancellationToken cancellation)
    {
        if (@base.Tasks.All(task => ItemSplit.Development.Indices(task.Main).Length == 0 || ItemSplit.Test.Indices(task.Main).Length == 0))
        {
            throw new MergeHostException([new Problem(ErrorCodes.BadSuite,
                $"{study.SuitePath}: no task has items to choose settings by, and others to report on")]);
        }

        (_study, _evaluator, _base, _experts, _merge, _mean, _cancellation) = (study, evaluator, @base, experts, merge, mean, cancellation);

        // Settings are screened by texts, where there are texts: a loss tells more than a count of right answers.
        _screening = evaluator.Only([.. @base.Tasks.Where(task => task.Main.Aggregation == Aggregation.Perplexity)
            .Select(task => task.Task.Name)]);
    }

    /// <summary>What a merge is made of.</summary>
    public Constituents Of(string letters)
    {
        StudyExpert[] merged = [.. letters.Select(letter => _study.Experts.First(expert => expert.Letter == letter))];
        HashSet<string>? domain = merged.Any(expert => expert.Domain is null)
            ? null
            : [.. merged.SelectMany(expert => expert.Domain!).Select(task => task.Text)];
        return new Constituents(_base, [.. letters.Select(letter => _experts.First(expert => expert.Name == $"{letter}"))], domain);
    }

    /// <summary>The number by which settings are chosen, on the development items.</summary>
    public double Development(StudyMerge merge) => new Comparison(Of(merge.Letters), ItemSplit.Development).Criterion(merge.Model);

    /// <summary>Measures a merge.</summary>
    public MeasuredModel Measure(string letters, Candidate candidate) => Measure(letters, candidate, _evaluator);

    /// <summary>The models that say what a merge of several experts is worth: the base, the experts' mean, the
    /// best expert, and each expert alone.</summary>
    public IEnumerable<(string Name, MeasuredModel Model)> Controls(StudyMerge merge)
    {
        Constituents constituents = Of(merge.Letters);
        MeasuredModel best = constituents.Experts.MaxBy(new Comparison(constituents, ItemSplit.Development).Criterion)!;
        List<(string, MeasuredModel)> controls = [("base", _base), ("1/N", _evaluator.Measure(_mean(merge.Letters), _cancellation)),
            ($"best expert {best.Name}", best)];
        if (StudyRecipe.Alone(merge.Candidate.Setting, merge.Letters.Length) is { } alone)
        {
            controls.AddRange(merge.Letters.Select(letter => ($"{letter} alone",
                Measure($"{letter}", merge.Candidate with { Setting = alone }))));
        }

        return controls;
    }

    /// <summary>Finds the coefficients of a merge, and measures it.</summary>
    public StudyMerge Tune(string letters, StudyMethod method)
    {
        Constituents constituents = Of(letters);
        Tuner tuner = new(
            method.Tuned!, constituents.Only(_screening.Suite), constituents,
            setting => Measure(letters, new Candidate(method, setting), _screening),
            setting => Measure(letters, new Candidate(method, setting)));
        TunedSetting tuned = tuner.Run();
        return new StudyMerge(letters, new Candidate(method, tuned.Chosen.Setting), tuned.Chosen.Model) { Tuned = tuned };
    }

    private MeasuredModel Measure(string letters, Candidate candidate, Evaluator evaluator) => _merge(
        $"{StudyMerge.NameOf(letters, candidate.Method)} {candidate.Setting}".TrimEnd(), StudyRecipe.Of(_study, letters, candidate.Setting),
        subject => evaluator.Measure(subject, _cancellation));
}
