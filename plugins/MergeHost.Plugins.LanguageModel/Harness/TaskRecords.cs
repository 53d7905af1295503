using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Harness.Scores;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates.Filters;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>What lm-evaluation-harness records of tasks and groups: how they were asked, and each answer.</summary>
internal static class TaskRecords
{
    /// <summary>The record of a task.</summary>
    public static TaskRecord Of(TaskScores scores, LmEvalOptions options)
    {
        LmEvalTask task = scores.Task;
        List<JsonObject> samples = [.. task.Filters.SelectMany(filter =>
            scores.Questions.Select((_, index) => Sample(scores, filter.Name, index)))];
        string hashes = string.Concat(samples.Select(sample => $"{sample["doc_hash"]}{sample["prompt_hash"]}{sample["target_hash"]}"));
        JsonObject facts = new()
        {
            ["alias"] = task.Config.Text("task_alias") ?? task.Config.Name,
            ["version"] = Version(task.Node, isGroup: false),
            ["n-shot"] = task.Shots,
            ["higher_is_better"] = options.PredictOnly
                ? new JsonObject { ["bypass"] = true }
                : new JsonObject(task.Metrics.DistinctBy(rule => rule.Name)
                    .Select(rule => KeyValuePair.Create(rule.Name, (JsonNode?)rule.HigherIsBetter))),
            ["n-samples"] = new JsonObject { ["original"] = task.Documents.Count, ["effective"] = scores.Questions.Count },
            ["task_hash"] = Hash(hashes),
            ["config"] = Json(Config(task)),
        };
        return new TaskRecord(task.Config.Name, facts, samples);
    }

    /// <summary>The record of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="results">Its results.</param>
    /// <param name="tasks">The records of all tasks.</param>
    public static TaskRecord Of(TaskNode group, IReadOnlyList<TaskResult> results, IReadOnlyDictionary<string, TaskRecord> tasks)
    {
        // As the harness counts: of what is directly in the group, tasks alone.
        TaskRecord[] direct = [.. group.Children.Where(child => !child.IsGroup).Select(child => tasks[child.Name])];
        if (direct.Length == 0)
        {
            direct = [.. group.Leaves.Select(leaf => tasks[leaf.Name])];
        }

        JsonObject facts = new()
        {
            ["alias"] = group.Source.Get("group_alias") as string ?? group.Name,
            ["version"] = Version(group, isGroup: true),
            ["n-shot"] = direct.Select(task => (int)task.Facts["n-shot"]!).Distinct().ToArray() is [int only] ? only : null,
            ["higher_is_better"] = new JsonObject(direct.SelectMany(task => task.Facts["higher_is_better"]!.AsObject())
                .GroupBy(metric => metric.Key)
                    .Select(same => KeyValuePair.Create(same.Key,
                        same.Select(metric => (bool?)metric.Value).Distinct().Count() == 1 ? same.First().Value?.DeepClone() : null))),
            ["sample_len"] = group.Leaves.Sum(leaf => (int)tasks[leaf.Name].Facts["n-samples"]!["effective"]!),
            ["subtasks"] = new JsonArray([.. group.Children.Select(child => (JsonNode)child.Name)]),
            ["sample_count"] =
                new JsonObject(results.Select(result => KeyValuePair.Create(result.Metric.Contains(',', StringComparison.Ordinal)
                    ? result.Metric
                    : $"{result.Metric},none", (JsonNode?)result.Count))),
        };
        return new TaskRecord(group.Name, facts, []);
    }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static JsonNode? Json(object? value) => JsonNode.Parse(TemplateJson.Write(value, indent: null, isAscii: false));

    private static JsonNode? Version(TaskNode node, bool isGroup)
    {
        object? version = node.Source.Get("metadata") is PythonMap metadata && metadata.TryGet("version", out object? value) ? value : null;
        return isGroup ? (version is null ? "N/A" : PythonValue.Text(version)) : version is null ? "Yaml" : Json(version);
    }

    private static JsonObject Sample(TaskScores scores, string filter, int index)
    {
        TaskQuestion question = scores.Questions[index];
        string target = PythonValue.Text(question.Target);
        JsonObject sample = new()
        {
            ["doc_id"] = question.Item.Number,
            ["doc"] = Json(question.Item.Map),
            ["target"] = target,
            ["arguments"] = Arguments(scores.Task, question),
            ["resps"] = Responses(scores, index),
            ["filtered_resps"] = Filtered(scores, filter, index),
            ["filter"] = filter,
            ["metrics"] = new JsonArray([.. Names(scores, filter).Select(name => (JsonNode)name)]),
            ["doc_hash"] = Hash(TemplateJson.Write(question.Item.Map, indent: 2, isAscii: false)),
            ["prompt_hash"] = Hash(question.Requests[0].Context),
            ["target_hash"] = Hash(target),
        };
        foreach (MetricScores metric in scores.Metrics.Where(metric => metric.Filter == filter))
        {
            sample[metric.Rule.Name] = Figure(metric.Rule, metric.Samples[index]);
        }

        if (scores.Metrics.Count == 0)
        {
            sample["bypass"] = null;
        }

        return sample;
    }

    private static IEnumerable<string> Names(TaskScores scores, string filter) =>
        scores.Metrics.Count == 0 ? ["bypass"] : scores.Metrics.Where(metric => metric.Filter == filter).Select(metric => metric.Rule.Name);

    private static JsonObject Arguments(LmEvalTask task, TaskQuestion question) => new(question.Requests.Select((request, number) =>
    {
        JsonObject arguments = new() { ["arg_0"] = request.Context };
        if (request.Continuation is not null)
        {
            arguments["arg_1"] = request.Continuation;
        }
        else if (task.Generation is not null)
        {
            arguments["arg_1"] = Json(task.Generation.Entries);
        }

        return KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"gen_args_{number}"), (JsonNode?)arguments);
    }));

    private static JsonArray Responses(TaskScores scores, int index) => scores.Task.Generation is not null
        ? [new JsonArray([.. scores.Answers[index].Select(text => (JsonNode)(string)text)])]
        : new JsonArray([.. scores.Answers[index].Select(answer => (JsonNode)new JsonArray(Score(answer)))]);

    private static JsonArray Filtered(TaskScores scores, string filter, int index) => scores.Task.Generation is not null
        ? [Json(scores.Filtered[filter][index])]
        : new JsonArray([.. scores.Answers[index].Select(Score)]);

    private static JsonNode Score(object answer) => answer is (double sum, bool isGreedy)
        ? new JsonArray(PythonRepr.Fraction(sum), isGreedy ? "True" : "False")
        : PythonRepr.Fraction((double)answer);

    private static JsonNode? Figure(MetricRule rule, SampleFigure figure) => rule.Name switch
    {
        "brier_score" =>
            new JsonArray(Json(figure.Value),
                "[" + string.Join(' ', ((IReadOnlyList<object?>)figure.Other!)
                    .Select(share => ((double)share!).ToString("0.00000000", CultureInfo.InvariantCulture))) + "]"),
        _ when figure.Other is not null => new JsonArray(Json(figure.Value), Json(figure.Other)),
        _ => Json(figure.Value),
    };

    private static PythonMap Config(LmEvalTask task)
    {
        TaskConfig config = task.Config;
        PythonMap written = new(config.Entries.Where(entry => entry.Key is not ("tag" or "group")));
        Default("unsafe_code", false);
        Default("description", "");
        Default("target_delimiter", " ");
        Default("fewshot_delimiter", "\n\n");
        (string Key, object? Otherwise)[] examples =
        [
            ("sampler", "default"), ("split", config.Get("fewshot_split")), ("process_docs", null), ("fewshot_indices", null),
            ("samples", null),
            ("doc_to_text", config.Get("doc_to_text")), ("doc_to_choice", config.Get("doc_to_choice")),
            ("doc_to_target", config.Get("doc_to_target")),
            ("gen_prefix", config.Get("gen_prefix")), ("fewshot_delimiter", config.Get("fewshot_delimiter") ?? "\n\n"),
            ("target_delimiter", config.Get("target_delimiter") ?? " "),
        ];
        written.Set("fewshot_config",
            new PythonMap(examples.Select(entry => ((object?)entry.Key, config.FewShot(entry.Key) ?? entry.Otherwise))));
        written.Set("num_fewshot", (long)task.Shots);
        Default("output_type", "generate_until");
        if (task.Generation is not null)
        {
            written.Set("generation_kwargs", task.Generation.Entries);
        }

        Default("repeats", 1L);
        Default("should_decontaminate", false);
        PythonMap metadata = new((config.Get("metadata") as PythonMap)?.Entries ?? []);
        metadata.Set("config_source", config.Path);
        written.Set("metadata", metadata);
        return written;

        void Default(string key, object value)
        {
            if (!written.TryGet(key, out _))
            {
                written.Set(key, value);
            }
        }
    }
}
