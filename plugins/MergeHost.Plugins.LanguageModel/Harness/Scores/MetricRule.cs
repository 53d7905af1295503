using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>A metric of a task.</summary>
/// <param name="Name">Its name, such as <c>acc</c>.</param>
/// <param name="Aggregation">How the values of items make one.</param>
/// <param name="HigherIsBetter">Whether a higher value is better.</param>
/// <param name="Options">Its other entries.</param>
internal sealed record MetricRule(string Name, string Aggregation, bool HigherIsBetter, PythonMap Options)
{
    private static readonly string[] _entries = ["metric", "aggregation", "higher_is_better", "hf_evaluate", "weight_by_size", "kwargs"];
    private static readonly string[] _exactMatch = ["ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore",
        "multi_target"];

    private static readonly string[] _inPercent = ["bleu", "chrf", "chrf++", "ter"];

    private static readonly Dictionary<string, (string Aggregation, bool HigherIsBetter, TaskKind[] Kinds)> _known = new()
    {
        ["acc"] = ("mean", true, [TaskKind.MultipleChoice, TaskKind.Loglikelihood]),
        ["acc_norm"] = ("mean", true, [TaskKind.MultipleChoice]),
        ["acc_bytes"] = ("mean", true, [TaskKind.MultipleChoice]),
        ["acc_mutual_info"] = ("mean", true, [TaskKind.MultipleChoice]),
        ["exact_match"] = ("mean", true, [TaskKind.MultipleChoice, TaskKind.GenerateUntil]),
        ["f1"] = ("f1", true, [TaskKind.MultipleChoice, TaskKind.GenerateUntil]),
        ["mcc"] = ("matthews_corrcoef", true, [TaskKind.MultipleChoice, TaskKind.GenerateUntil]),
        ["brier_score"] = ("brier_score", false, [TaskKind.MultipleChoice]),
        ["perplexity"] = ("perplexity", false, [TaskKind.Loglikelihood]),
        ["word_perplexity"] = ("weighted_perplexity", false, [TaskKind.LoglikelihoodRolling]),
        ["byte_perplexity"] = ("weighted_perplexity", false, [TaskKind.LoglikelihoodRolling]),
        ["bits_per_byte"] = ("bits_per_byte", false, [TaskKind.LoglikelihoodRolling]),
        ["bleu"] = ("bleu", true, [TaskKind.GenerateUntil]),
        ["chrf"] = ("chrf", true, [TaskKind.GenerateUntil]),
        ["chrf++"] = ("chrf++", true, [TaskKind.GenerateUntil]),
        ["ter"] = ("ter", false, [TaskKind.GenerateUntil]),
    };

    private static readonly Dictionary<TaskKind, string[]> _defaults = new()
    {
        [TaskKind.MultipleChoice] = ["acc", "acc_norm"],
        [TaskKind.Loglikelihood] = ["perplexity", "acc"],
        [TaskKind.LoglikelihoodRolling] = ["word_perplexity", "byte_perplexity", "bits_per_byte"],
        [TaskKind.GenerateUntil] = ["exact_match"],
    };

    /// <summary>Whether its figure is in percent, as sacrebleu's are.</summary>
    public bool IsPercent => _inPercent.Contains(Aggregation);

    /// <summary>The metrics of a task, or those of its kind.</summary>
    /// <exception cref="MergeHostException">MH6002: a metric or aggregation is not known.</exception>
    public static IReadOnlyList<MetricRule> ReadAll(TaskConfig config)
    {
        List<MetricRule> rules = [.. config.Sections("metric_list").Select(entry => Read(config, entry))];
        return rules.Count > 0 ? rules : [.. _defaults[config.Kind].Select(name => Of(name, new PythonMap([])))];
    }

    private static MetricRule Of(string name, PythonMap options) =>
        new(name, _known[name].Aggregation, _known[name].HigherIsBetter, options);

    private static MetricRule Read(TaskConfig config, PythonMap entry)
    {
        string name = Get("metric") as string ?? throw config.Refuse("'metric_list': an entry has no 'metric'");
        if (Get("hf_evaluate") is true)
        {
            throw config.Refuse($"metric '{name}' with 'hf_evaluate: true' is not supported: it lies in another package", Hint());
        }

        if (!_known.TryGetValue(name, out (string Aggregation, bool HigherIsBetter, TaskKind[] Kinds) known)
            || !known.Kinds.Contains(config.Kind))
        {
            throw config.Refuse($"metric '{name}' is not supported for '{OutputType(config.Kind)}'", Hint());
        }

        foreach (object? key in entry.Keys.Where(key => !_entries.Contains(key) && !(name == "exact_match" && _exactMatch.Contains(key))))
        {
            throw config.Refuse($"metric '{name}' has no '{PythonValue.Text(key)}'");
        }

        string aggregation = Get("aggregation") as string ?? known.Aggregation;
        if (aggregation != known.Aggregation && !(known.Aggregation == "mean" && aggregation is "nanmean" or "median"))
        {
            throw config.Refuse($"aggregation '{aggregation}' of metric '{name}' is not supported",
                $"Known for it are {known.Aggregation}{(known.Aggregation == "mean" ? ", median" : "")}.");
        }

        return new MetricRule(name, aggregation, Get("higher_is_better") as bool? ?? known.HigherIsBetter, entry);

        object? Get(string key) => entry.TryGet(key, out object? value) ? value : null;

        string Hint() =>
            $"Known are "
                + $"{string.Join(", ", _known.Where(metric => metric.Value.Kinds.Contains(config.Kind)).Select(metric => metric.Key))}.";
    }

    private static string OutputType(TaskKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}
