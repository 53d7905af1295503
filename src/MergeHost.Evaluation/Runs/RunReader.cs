using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Storage;

namespace MergeHost.Evaluation.Runs;

/// <summary>Reads what a run found item by item: the <c>samples_*.jsonl</c> of lm-evaluation-harness,
/// or JSON Lines with an id and numbers.</summary>
/// <remarks>
/// A line has <c>doc_id</c> or <c>id</c>, and values by the names of metrics: those that <c>metrics</c> lists, or else every number and
/// truth value. <c>task</c> and <c>filter</c> are optional; a file named <c>samples_TASK_DATE.jsonl</c> names its task.
/// </remarks>
internal sealed partial class RunReader
{
    private const int MostBytes = 1 << 30;

    private static readonly string[] _noMetrics = ["doc_id", "id", "task", "filter", "doc", "target", "arguments", "resps",
        "filtered_resps", "metrics", "doc_hash", "prompt_hash", "target_hash", "cluster"];

    private readonly string? _cluster;
    private readonly Dictionary<(string Task, string Metric), Dictionary<string, RunItem>> _results = [];

    private RunReader(string? cluster)
    {
        _cluster = cluster;
    }

    /// <summary>Reads a run.</summary>
    /// <param name="path">A file of samples, a results file that has some beside it, or a folder with them.</param>
    /// <param name="cluster">The field of an item that names its cluster, or <see langword="null"/>.</param>
    /// <exception cref="MergeHostException">MH6002: there are no samples, or a line is none.</exception>
    public static Run Read(string path, string? cluster)
    {
        RunReader reader = new(cluster);
        foreach (string file in Files(path))
        {
            reader.ReadFile(file);
        }

        return new Run(path, reader._results);
    }

    // Of several runs in a folder the latest of each task.
    private static string[] Files(string path)
    {
        if (File.Exists(path) && !path.EndsWith(".json", StringComparison.Ordinal))
        {
            return [path];
        }

        bool isFolder = Directory.Exists(path);
        string? folder = isFolder ? path : File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : null;
        if (folder is null)
        {
            throw Unusable(path, "there is no such file or folder",
                "Name what lm_eval wrote with `--log_samples`, or mergehost evaluate with `--results`.");
        }

        string date = isFolder ? "" : Path.GetFileNameWithoutExtension(path).Replace("results_", "", StringComparison.Ordinal);
        string[] files = [.. Directory.EnumerateFiles(folder, "samples_*.jsonl",
            isFolder ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
            .Where(file => file.Contains(date, StringComparison.Ordinal)).GroupBy(TaskOf)
            .Select(same => same.Order(StringComparer.Ordinal).Last())];
        return files.Length > 0
            ? files
            : throw Unusable(path, "there are no samples beside it",
                "Run lm_eval with `--log_samples`, or mergehost evaluate with `--results`.");
    }

    private static string TaskOf(string file) =>
        SamplesName().Match(Path.GetFileName(file)) is { Success: true } match
            ? match.Groups["task"].Value
            : Path.GetFileNameWithoutExtension(file);

    private void ReadFile(string file)
    {
        ReadOnlyMemory<byte> rest;
        try
        {
            rest = BoundedFile.ReadBytes(file, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(file, exception.Message.TrimEnd('.'), null);
        }

        for (int number = 1; !rest.IsEmpty; number++)
        {
            int end = rest.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? rest : rest[..end];
            rest = rest[(end < 0 ? rest.Length : end + 1)..];
            if (!line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                string place = string.Create(CultureInfo.InvariantCulture, $"{file}({number})");
                ReadLine(place, TaskOf(file),
                    PythonJson.Parse(line, reason => Unusable(place, reason, null)) as JsonObject
                        ?? throw Unusable(place, "a line must be a mapping", null));
            }
        }
    }

    private void ReadLine(string place, string fileTask, JsonObject line)
    {
        string id = (line["doc_id"] ?? line["id"])?.ToString() ?? throw Unusable(place, "a line needs 'doc_id' or 'id'", null);
        string task = line["task"]?.ToString() ?? fileTask;
        string filter = line["filter"]?.ToString() ?? "none";
        string? hash = line["doc_hash"]?.ToString();
        string? cluster = _cluster is null
            ? null
            : ((line["doc"] as JsonObject)?[_cluster] ?? line[_cluster])?.ToString()
                ?? throw Unusable(place, $"the item has no field '{_cluster}'", null);
        IEnumerable<string> names = line["metrics"] is JsonArray listed
            ? listed.Select(name => $"{name}")
            : line.Select(field => field.Key).Where(name => !_noMetrics.Contains(name) && name != _cluster);
        foreach (string name in names)
        {
            if (Score(line[name]) is not { } value)
            {
                continue;
            }

            (string, string) key = (task, filter == "none" ? name : $"{name},{filter}");
            Dictionary<string, RunItem> items = _results.TryGetValue(key, out Dictionary<string, RunItem>? known)
                ? known
                : _results[key] = [];
            if (!items.TryAdd(id, new RunItem(value.Score, value.Weight, hash, cluster)))
            {
                throw Unusable(place, $"item '{id}' of task '{task}' stands twice for '{name}'", null);
            }
        }
    }

    // A number, a truth value, or a sum with what it counts.
    private static (double Score, double Weight)? Score(JsonNode? value) => value switch
    {
        JsonArray { Count: 2 } pair when pair[0].AsNumber() is { } sum && pair[1].AsNumber() is { } weight && weight > 1 && sum <= 0 =>
            (sum, weight),
        JsonArray => null,
        _ => value.AsTruth() is { } truth
            ? (truth ? 1 : 0, 1)
            : value.AsNumber() is { } number && double.IsFinite(number) ? (number, 1) : null,
    };

    private static MergeHostException Unusable(string place, string reason, string? hint) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{place}: {reason}", hint), null);

    [GeneratedRegex(@"^samples_(?<task>.+?)_(?<date>\d{4}-\d{2}-\d{2}T[\d.:-]+)\.jsonl$")]
    private static partial Regex SamplesName();
}
