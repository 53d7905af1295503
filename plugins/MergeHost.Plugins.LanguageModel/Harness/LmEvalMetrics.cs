using MergeHost.Plugins.LanguageModel.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>What a task measures.</summary>
/// <param name="Names">Of chosen answers: <c>acc</c>, <c>acc_norm</c>.</param>
/// <param name="Comparisons">Of written answers: how they are found and compared, by the names of the results.</param>
internal sealed record LmEvalMetrics(IReadOnlyList<string> Names, IReadOnlyList<(string Name, GeneratedAnswer Comparison)> Comparisons)
{
    private const string ExactMatch = "exact_match";
    private static readonly string[] _choices = ["acc", "acc_norm"];

    /// <summary>Reads <c>metric_list</c> and <c>filter_list</c>.</summary>
    /// <exception cref="MergeHostException">MH6002: a metric or a filter is not known here.</exception>
    public static LmEvalMetrics Read(TaskYaml task, bool isMultipleChoice)
    {
        string[] known = isMultipleChoice ? _choices : [ExactMatch];
        List<string> names = [];
        GenerateOptions options = new() { Data = "" };
        foreach (TaskYaml metric in task.Sections("metric_list"))
        {
            string name = metric.Text("metric") ?? "";
            names.Add(known.Contains(name) ? name : throw metric.Refuse($"metric '{name}'", string.Join(", ", known)));
            options = options with
            {
                IgnoreCase = metric.IsTrue("ignore_case"),
                Ignore = string.Join('|', [.. metric.Texts("regexes_to_ignore"), .. metric.IsTrue("ignore_punctuation") ? [@"[!-/:-@\[-`{-~]"] : (string[])[]]) is { Length: > 0 } ignored ? ignored : null,
            };
            string aggregation = metric.Text("aggregation") ?? "mean";
            if (aggregation != "mean")
            {
                throw metric.Refuse($"aggregation '{aggregation}'", "mean");
            }

            metric.Skip(["higher_is_better"]);
            metric.ThrowIfLeft();
        }

        return isMultipleChoice ? new LmEvalMetrics(names.Count > 0 ? names : _choices, []) : new LmEvalMetrics([], ReadFilters(task, options));
    }

    private static List<(string Name, GeneratedAnswer Comparison)> ReadFilters(TaskYaml task, GenerateOptions options)
    {
        List<(string, GeneratedAnswer)> comparisons = [];
        foreach (TaskYaml filter in task.Sections("filter_list"))
        {
            GenerateOptions own = options;
            foreach (TaskYaml step in filter.Sections("filter"))
            {
                own = step.Text("function") switch
                {
                    "take_first" => own,
                    "regex" => own with { Pattern = step.Text("regex_pattern"), PatternMatch = step.Whole("group_select") ?? 0 },
                    string other => throw step.Refuse($"filter '{other}'", "regex, take_first"),
                    null => throw step.Refuse("a filter without 'function'", "regex, take_first"),
                };
                step.ThrowIfLeft();
            }

            comparisons.Add(($"{ExactMatch},{filter.Text("name")}", new GeneratedAnswer(own)));
        }

        return comparisons.Count > 0 ? comparisons : [(ExactMatch, new GeneratedAnswer(options))];
    }
}
