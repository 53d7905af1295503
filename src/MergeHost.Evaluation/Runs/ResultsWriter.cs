using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Statistics;
using MergeHost.Storage;

namespace MergeHost.Evaluation.Runs;

/// <summary>Writes what was measured in the files of lm-evaluation-harness: <c>MODEL/results_DATE.json</c>, and
/// <c>samples_TASK_DATE.jsonl</c> beside it.</summary>
internal sealed partial class ResultsWriter(string folder, MergeOptions options, DateTimeOffset now)
{
    /// <summary>Writes the files of a model.</summary>
    /// <returns>The results file.</returns>
    /// <exception cref="MergeHostException">MH5002: they cannot be written.</exception>
    public string Write(MeasuredModel model)
    {
        string date = now.UtcDateTime.ToString("yyyy-MM-ddTHH-mm-ss.ffffff", CultureInfo.InvariantCulture);
        string own = Path.Combine(folder, Unsafe().Replace(model.Name, "__"));
        string path = Path.Combine(own, $"results_{date}.json");
        TaskRecord[] records = [.. model.Tasks.SelectMany(task => task.Records.Count > 0
            ? task.Records
            : task.Results.GroupBy(task.NameOf).Select(Record))];
        ILookup<string, TaskResult> results =
            model.Tasks.SelectMany(task =>
                task.Results.Select(result => (Name: task.Records.Count > 0 ? result.Task : task.NameOf(result), Result: result)))
                    .ToLookup(pair => pair.Name, pair => pair.Result);
        try
        {
            Directory.CreateDirectory(own);
            foreach (TaskRecord record in records.Where(record => record.Samples.Count > 0))
            {
                using MemoryStream lines = new();
                foreach (JsonObject sample in record.Samples)
                {
                    lines.Write(PythonJson.Line(sample));
                }

                DurableFile.Write(Path.Combine(own, $"samples_{record.Task}_{date}.jsonl"), lines.ToArray());
            }

            // Whoever finds this file finds its samples.
            DurableFile.Write(path, PythonJson.Indented(Results(model, records, results)));
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException([new Problem(ErrorCodes.WriteFailed,
                $"{own}: results cannot be written: {exception.Message.TrimEnd('.')}", "Name another folder with `--results`.")]);
        }
    }

    private JsonObject Results(MeasuredModel model, TaskRecord[] records, ILookup<string, TaskResult> results)
    {
        TaskRecord[] tasks = [.. records.Where(record => record.Facts["subtasks"] is null)];
        TaskRecord[] groups = [.. records.Except(tasks)];
        JsonObject all = new()
        {
            ["results"] = Section(records, record => Entry(record, results[record.Task])),
        };
        if (groups.Any(group => results[group.Task].Any()))
        {
            all["groups"] = Section([.. groups.Where(group => results[group.Task].Any())], record => Entry(record, results[record.Task]));
        }

        all["group_subtasks"] = Section(groups, record => record.Facts["subtasks"]?.DeepClone());
        all["configs"] = Section(tasks, record => record.Facts["config"]?.DeepClone());
        all["versions"] = Section(records, record => record.Facts["version"]?.DeepClone());
        all["n-shot"] = Section([.. records.Where(record => record.Facts["n-shot"] is not null)],
            record => record.Facts["n-shot"]!.DeepClone());
        all["higher_is_better"] = Section(records, record => record.Facts["higher_is_better"]?.DeepClone());
        all["n-samples"] = Section(tasks, record => record.Facts["n-samples"]?.DeepClone());
        all["config"] = new JsonObject
        {
            ["model"] = "mergehost",
            ["model_args"] = new JsonObject { ["pretrained"] = model.Name },
            ["batch_size"] = null,
            ["batch_sizes"] = new JsonArray(),
            ["device"] = options.Device.ToString(),
            ["model_sha"] = model.Weights,
        };
        all["git_hash"] = null;
        all["date"] = now.ToUnixTimeMilliseconds() / 1000.0;
        all["task_hashes"] = Section(tasks, record => record.Facts["task_hash"]?.DeepClone());
        all["model_source"] = "mergehost";
        all["model_name"] = model.Name;
        all["model_name_sanitized"] = Unsafe().Replace(model.Name, "__");
        all["mergehost_version"] = typeof(ResultsWriter).Assembly.GetName().Version?.ToString();
        return all;
    }

    private static JsonObject Section(IReadOnlyList<TaskRecord> records, Func<TaskRecord, JsonNode?> value) =>
        new(records.DistinctBy(record => record.Task).Select(record => KeyValuePair.Create(record.Task, value(record))));

    private static JsonObject Entry(TaskRecord record, IEnumerable<TaskResult> results)
    {
        JsonObject entry = new()
        {
            ["name"] = record.Task,
            ["alias"] = record.Facts["alias"]?.DeepClone(),
        };
        if ((record.Facts["sample_len"] ?? record.Facts["n-samples"]?["effective"])?.DeepClone() is { } count)
        {
            entry["sample_len"] = count;
        }

        foreach (TaskResult result in results)
        {
            string[] parts = result.Metric.Split(',', 2);
            string filter = parts.Length > 1 ? parts[1] : "none";
            entry[$"{parts[0]},{filter}"] = result.Value;
            entry[$"{parts[0]}_stderr,{filter}"] = (result.StandardError ?? Error(result)) is { } error ? error : "N/A";
        }

        if (record.Facts["sample_count"] is JsonObject { Count: > 0 } counts)
        {
            entry["sample_count"] = counts.DeepClone();
        }

        return entry;
    }

    private static double? Error(TaskResult result) =>
        result.Items.Count < 2 || result.Aggregation != Aggregation.Mean || result.Items.Any(item => item.Weight != 1)
            ? null
            : StandardErrors.Of([.. result.Items.Select(item => item.Score)]);

    // Of a benchmark that keeps no record: its items with their scores.
    private static TaskRecord Record(IGrouping<string, TaskResult> results)
    {
        TaskResult[] itemised = [.. results.Where(result => result.Items.Count > 0)];
        JsonArray names = [.. itemised.Select(result => (JsonNode)result.Metric)];
        List<JsonObject> samples = itemised.Length == 0
            ? []
            : [.. itemised[0].Items.Select((item, index) => Sample(item.Id, index, itemised, names))];
        string hashes = string.Concat(samples.Select(sample => $"{sample["doc_hash"]}{sample["prompt_hash"]}{sample["target_hash"]}"));
        return new TaskRecord(results.Key, new JsonObject
        {
            ["alias"] = results.Key,
            ["version"] = "Yaml",
            ["n-shot"] = 0,
            ["higher_is_better"] =
                new JsonObject(results.Select(result => KeyValuePair.Create(result.Metric, (JsonNode?)result.HigherIsBetter))),
            ["n-samples"] = new JsonObject { ["original"] = results.First().Count, ["effective"] = results.First().Count },
            ["task_hash"] = Hash(hashes),
            ["config"] = new JsonObject
            {
                ["task"] = results.Key,
                ["output_type"] = "mergehost",
                ["metric_list"] = new JsonArray([.. results.Select(result => (JsonNode)new JsonObject { ["metric"] = result.Metric })])
            },
        }, samples);
    }

    private static JsonObject Sample(string id, int index, TaskResult[] results, JsonArray names)
    {
        JsonObject doc = new() { ["id"] = id };
        JsonObject sample = new()
        {
            ["doc_id"] = index,
            ["doc"] = doc,
            ["target"] = "",
            ["arguments"] = new JsonObject { ["gen_args_0"] = new JsonObject { ["arg_0"] = "" } },
            ["resps"] = new JsonArray(),
            ["filtered_resps"] = new JsonArray(),
            ["filter"] = "none",
            ["metrics"] = names.DeepClone(),
            ["doc_hash"] = Hash(Encoding.UTF8.GetString(PythonJson.Indented(doc)).TrimEnd('\n')),
            ["prompt_hash"] = Hash(""),
            ["target_hash"] = Hash(""),
        };
        foreach (TaskResult result in results.Where(result => index < result.Items.Count))
        {
            ItemScore item = result.Items[index];
            sample[result.Metric] = item.Weight == 1 ? item.Score : new JsonArray(item.Score, item.Weight);
        }

        return sample;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex("""["<>:/\\|?*\[\]]+""")]
    private static partial Regex Unsafe();
}
