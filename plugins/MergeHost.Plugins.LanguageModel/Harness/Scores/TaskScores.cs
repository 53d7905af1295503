using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>What a model answered to a task, judged.</summary>
internal sealed class TaskScores
{
    private readonly LmEvalTask _task;
    private readonly IReadOnlyList<TaskQuestion> _questions;
    private readonly LmEvalOptions _options;
    private readonly List<MetricScores> _metrics = [];

    private TaskScores(LmEvalTask task, IReadOnlyList<TaskQuestion> questions, LmEvalOptions options)
    {
        (_task, _questions, _options) = (task, questions, options);
    }

    public LmEvalTask Task => _task;

    public IReadOnlyList<TaskQuestion> Questions => _questions;

    /// <summary>The metrics, one for each filter; none if answers are not judged.</summary>
    public IReadOnlyList<MetricScores> Metrics => _metrics;

    /// <summary>What the model answered to each request: a sum with whether it is what the model would write, a sum, or texts.</summary>
    public IReadOnlyList<IReadOnlyList<object>> Answers { get; private init; } = [];

    /// <summary>What filters left of each question's answers, by the filters' names; of scores nothing.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<object?>> Filtered { get; private init; } =
        new Dictionary<string, IReadOnlyList<object?>>();

    /// <summary>Judges scored choices, continuations and texts.</summary>
    /// <param name="task">The task.</param>
    /// <param name="questions">Its questions.</param>
    /// <param name="answers">For each question those to its requests.</param>
    /// <param name="hasSeveralTargets">Whether any of several targets is right.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="warn">Told of targets that are no choice.</param>
    public static TaskScores OfScores(
        LmEvalTask task, IReadOnlyList<TaskQuestion> questions, IReadOnlyList<IReadOnlyList<object>> answers, bool hasSeveralTargets,
        LmEvalOptions options, Action<string, string?> warn)
    {
        TaskScores scores = new(task, questions, options) { Answers = answers };
        IReadOnlyList<int>[] right = task.Config.Kind == TaskKind.MultipleChoice
            ? [.. questions.Select(question => SampleFigures.Right(question, hasSeveralTargets))]
            : [];
        WarnOfTargets(task, questions, right, warn);
        scores.Judge(task.Filters[0].Name, (rule, index) => task.Config.Kind switch
        {
            TaskKind.MultipleChoice =>
                SampleFigures.OfChoices(rule, questions[index], [.. answers[index].Cast<(double, bool)>()], right[index]),
            TaskKind.LoglikelihoodRolling => SampleFigures.OfText(rule, questions[index].Requests[0].Context, (double)answers[index][0]),
            _ => rule.Name == "acc"
                ? new SampleFigure((((double, bool IsGreedy))answers[index][0]).IsGreedy ? 1L : 0L)
                : new SampleFigure((((double Sum, bool))answers[index][0]).Sum),
        });
        return scores;
    }

    /// <summary>Judges written answers, by each pipeline of filters.</summary>
    /// <param name="task">The task.</param>
    /// <param name="questions">Its questions.</param>
    /// <param name="answers">The texts to each, as many as the task repeats it.</param>
    /// <param name="hasSeveralTargets">Whether any of several targets is right.</param>
    /// <param name="options">The run's options.</param>
    /// <exception cref="MergeHostException">MH6002: a filter leaves several answers, or a target is no choice.</exception>
    public static TaskScores OfTexts(LmEvalTask task, IReadOnlyList<TaskQuestion> questions, IReadOnlyList<IReadOnlyList<string>> answers,
        bool hasSeveralTargets, LmEvalOptions options)
    {
        Dictionary<string, IReadOnlyList<object?>> filtered = task.Filters.ToDictionary(
            filter => filter.Name,
            filter => (IReadOnlyList<object?>)[.. questions.Zip(answers,
                (question, texts) => task.Config.Run("filter_list", question.Item.Number, () => filter.Apply(texts, question.Item)))]);
        TaskScores scores = new(task, questions, options)
        {
            Answers = [.. answers.Select(texts => (IReadOnlyList<object>)[.. texts])],
            Filtered = filtered
        };
        Dictionary<MetricRule, ExactMatch> matches = task.Metrics.Distinct()
            .ToDictionary(rule => rule, rule => new ExactMatch(rule.Options));
        foreach (ResponseFilter filter in task.Filters)
        {
            if (filtered[filter.Name].FirstOrDefault(left => left is IReadOnlyList<object?>) is not null && !options.PredictOnly)
            {
                throw task.Config.Refuse($"filter '{filter.Name}' leaves a list of answers", "Let it end with `- function: take_first`.");
            }

            scores.Judge(filter.Name,
                (rule, index) => task.Config.Run("metric_list", questions[index].Item.Number, () => SampleFigures.OfAnswer(
                    rule, matches[rule], filtered[filter.Name][index], Target(questions[index]), hasSeveralTargets)));
        }

        return scores;
    }

    /// <summary>The results of the task, one for each metric and filter.</summary>
    public IEnumerable<TaskResult> Results => _metrics.Count == 0
        ? [new TaskResult(_task.Config.Name, "bypass", 999, []) { Count = _questions.Count }]
        : _metrics.Select(metric => metric.Result(_task.Config.Name, Id, Cluster));

    private string Id(int index) => _questions[index].Item.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private string? Cluster(int index) => _options.Cluster is not { } field ? null
        : _questions[index].Item.Fields.TryGetValue(field, out object? value) ? PythonValue.Text(value)
        : throw _task.Config.Refuse($"'cluster: {field}': the items have no such field");

    // An index becomes its choice.
    private static object? Target(TaskQuestion question) => question.Choices.Count == 0 ? question.Target
        : PythonValue.AsWhole(question.Target) is { } index && index >= -question.Choices.Count && index < question.Choices.Count
            ? question.Choices[(int)(index < 0 ? index + question.Choices.Count : index)]
            : throw new FormatException($"the target {PythonValue.Text(question.Target)} is the index of no choice");

    private void Judge(string filter, Func<MetricRule, int, SampleFigure> judge)
    {
        foreach (MetricRule rule in _options.PredictOnly ? [] : _task.Metrics)
        {
            List<SampleFigure> samples = [.. Enumerable.Range(0, _questions.Count).Select(index => judge(rule, index))];
            Figure figure = _task.Config.Run("metric_list", null, () => Figures.Of(rule, samples, _options.BootstrapIters));
            _metrics.Add(new MetricScores(rule, filter, samples, figure));
        }
    }

    private static void WarnOfTargets(LmEvalTask task, IReadOnlyList<TaskQuestion> questions, IReadOnlyList<int>[] right,
        Action<string, string?> warn)
    {
        int[] outside = [.. right.Index().Where(item => item.Item.Any(index => index < 0))
            .Select(item => questions[item.Index].Item.Number)];
        if (outside.Length > 0)
        {
            warn($"task '{task.Config.Name}': the targets of {outside.Length} items are no choice, and count as "
                + $"wrong: {string.Join(", ", outside.Take(10))}{(outside.Length > 10 ? " …" : "")}", null);
        }
    }
}

/// <summary>A metric of a task after a pipeline of filters.</summary>
/// <param name="Rule">The metric.</param>
/// <param name="Filter">The pipeline's name.</param>
/// <param name="Samples">What it gives for each question.</param>
/// <param name="Figure">What it gives for all.</param>
internal sealed record MetricScores(MetricRule Rule, string Filter, IReadOnlyList<SampleFigure> Samples, Figure Figure)
{
    /// <summary>The name as results have it: with the filter unless there is none.</summary>
    public string Name => Filter == "none" ? Rule.Name : $"{Rule.Name},{Filter}";

    /// <summary>The result, with items where their scores add up.</summary>
    public TaskResult Result(string task, Func<int, string> id, Func<int, string?> cluster)
    {
        bool isMean = Rule.Aggregation == "mean";
        bool isPerplexity = Rule.Aggregation is "perplexity" or "weighted_perplexity";
        List<ItemScore> items = isMean || isPerplexity
            ? [.. Samples.Select((sample,
                index) => new ItemScore(id(index), sample.Number, isMean ? 1 : PythonValue.AsNumber(sample.Other) ?? 1)
                {
                    Cluster = cluster(index)
                })]
            : [];
        return new TaskResult(task, Name, Figure.Value, items)
        {
            HigherIsBetter = Rule.HigherIsBetter,
            IsPercent = Rule.IsPercent,
            Count = Samples.Count,
            Aggregation = isPerplexity ? Aggregation.Perplexity : Aggregation.Mean,
            StandardError = Figure.Error,
            Interval = items.Count == 0 && Figure.Error is { } error
                ? (Figure.Value - (1.96 * error), Figure.Value + (1.96 * error))
                : null,
        };
    }
}
