using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>The data of a task by splits, each item with its fields in the file's order.</summary>
/// <remarks>
/// Values are those that the task would see after Arrow has read the files: fields that a line lacks are none, whole numbers beside
/// fractions are fractions, and a column of texts that are all dates or times is one of moments.
/// </remarks>
internal sealed partial class TaskDataset
{
    private readonly TaskConfig _config;
    private readonly Func<string, string> _locate;
    private readonly Dictionary<string, IReadOnlyList<string>> _files;
    private readonly Dictionary<string, IReadOnlyList<TaskDocument>> _splits = [];

    /// <param name="config">The task.</param>
    /// <param name="locate">Finds a file of the task.</param>
    /// <param name="own">Files that stand for splits, beside or instead of the task's own.</param>
    /// <exception cref="MergeHostException">MH6002: the data are not in files.</exception>
    public TaskDataset(TaskConfig config, Func<string, string> locate, IReadOnlyDictionary<string, string> own)
    {
        _config = config;
        _locate = locate;
        _files = own.Count > 0 ? own.ToDictionary(split => split.Key, split => (IReadOnlyList<string>)[split.Value]) : Files();
    }

    /// <summary>All files, for what depends on their content.</summary>
    public IEnumerable<string> Paths => _files.Values.SelectMany(paths => paths).Select(_locate);

    /// <summary>The items of a split.</summary>
    /// <exception cref="MergeHostException">MH6002: there is no such split, or a file of it is broken.</exception>
    public IReadOnlyList<TaskDocument> Split(string key, string name)
    {
        if (_splits.TryGetValue(name, out IReadOnlyList<TaskDocument>? known))
        {
            return known;
        }

        if (!_files.TryGetValue(name, out IReadOnlyList<string>? paths))
        {
            throw _config.Refuse($"'{key}: {name}': the data have no such split", $"They have {string.Join(", ", _files.Keys)}.");
        }

        List<Dictionary<string, object?>> rows = [.. paths.SelectMany(path => ReadRows(_locate(path)))];
        Settle(rows);
        return rows.Count == 0
            ? throw _config.Refuse($"'{key}: {name}': the data hold no item")
            : _splits[name] = [.. rows.Select((row, index) => new TaskDocument(index, row))];
    }

    private Dictionary<string, IReadOnlyList<string>> Files()
    {
        string path = _config.Text("dataset_path")
            ?? throw _config.Refuse("'dataset_path' is missing",
                "Name json or csv, and the files in 'dataset_kwargs: data_files:'; or give 'data:' in the suite.");
        PythonMap? kwargs = _config.Get("dataset_kwargs") as PythonMap;
        if (path is not ("json" or "csv" or "text") || kwargs is null || !kwargs.TryGet("data_files", out object? files))
        {
            throw _config.Refuse($"'dataset_path: {path}' lies on a hub, which is not reached from here",
                "Write its split to a file of JSON Lines, and name it as 'data:' in the suite.");
        }

        return files switch
        {
            PythonMap map => map.Entries.ToDictionary(split => PythonValue.Text(split.Key), split => Several(split.Value)),
            _ => new Dictionary<string, IReadOnlyList<string>> { ["train"] = Several(files) },
        };
    }

    private IReadOnlyList<string> Several(object? files) => files switch
    {
        string one => [one],
        List<object?> several when several.TrueForAll(file => file is string) => [.. several.Cast<string>()],
        _ => throw _config.Refuse($"'data_files' is {PythonValue.Word(files)}; expected paths"),
    };

    private IEnumerable<Dictionary<string, object?>> ReadRows(string path)
    {
        string text = TaskData.ReadText(path);
        return _config.Text("dataset_path") switch
        {
            "csv" => ReadCsv(path, text),
            "text" => PythonText.Lines(text).Select(line => new Dictionary<string, object?> { ["text"] = line }),
            _ => ReadJson(path, text),
        };
    }

    private IEnumerable<Dictionary<string, object?>> ReadJson(string path, string text)
    {
        string? field = _config.Get("dataset_kwargs") is PythonMap kwargs && kwargs.TryGet("field", out object? name)
            ? name as string
            : null;
        if (field is not null || text.TrimStart().StartsWith('['))
        {
            JsonNode? root = Parse(path, text);
            root = field is null
                ? root
                : root is JsonObject holder && holder[field] is { } found ? found : throw TaskData.Unusable(path, $"there is no '{field}'");
            return root is JsonArray items
                ? items.Select(item => Row(path, item))
                : throw TaskData.Unusable(path, "expected a list of items");
        }

        return text.Split('\n').Index().Where(line => line.Item.Trim().Length > 0)
            .Select(line => Row($"{path}({line.Index + 1})", Parse($"{path}({line.Index + 1})", line.Item)));
    }

    private static JsonNode? Parse(string place, string text) =>
        PythonJson.Parse(Encoding.UTF8.GetBytes(text), reason => TaskData.Unusable(place, $"this is no JSON: {reason}"));

    private static Dictionary<string, object?> Row(string place, JsonNode? item) =>
        item is JsonObject fields ? PythonValue.Fields(fields) : throw TaskData.Unusable(place, "an item must be a mapping of fields");

    // As pandas reads it: columns of numbers are numbers, empty cells none.
    private static List<Dictionary<string, object?>> ReadCsv(string path, string text)
    {
        List<string[]> lines = [.. CsvLine.ReadAll(text)];
        if (lines.Count == 0)
        {
            throw TaskData.Unusable(path, "the file is empty");
        }

        string[] names = lines[0];
        List<Dictionary<string, object?>> rows = [];
        foreach ((int index, string[] cells) in lines.Skip(1).Index())
        {
            rows.Add(cells.Length == names.Length
                ? names.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second.Length == 0 ? null : (object?)cell.Second)
                : throw TaskData.Unusable(path, $"row {index + 1} has {cells.Length} cells, the first row names {names.Length}"));
        }

        foreach (string name in names)
        {
            object?[] column = [.. rows.Select(row => row[name])];
            bool isWhole = column.All(cell => cell is string one && Integer().IsMatch(one));
            bool isNumber = column.All(cell => cell is null
                || double.TryParse((string)cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
            bool isTruth = column.All(cell => cell is "True" or "False" or "true" or "false" or "TRUE" or "FALSE");
            foreach (Dictionary<string, object?> row in rows.Where(row => row[name] is not null))
            {
                string cell = (string)row[name]!;
                row[name] = isWhole
                    ? long.Parse(cell, CultureInfo.InvariantCulture)
                    : isTruth
                        ? cell.StartsWith('T') || cell.StartsWith('t')
                        : isNumber ? double.Parse(cell, CultureInfo.InvariantCulture) : cell;
            }
        }

        return rows;
    }

    private static void Settle(List<Dictionary<string, object?>> rows)
    {
        string[] names = [.. rows.SelectMany(row => row.Keys).Distinct()];
        foreach (Dictionary<string, object?> row in rows)
        {
            Dictionary<string, object?> old = new(row);
            row.Clear();
            foreach (string name in names)
            {
                row[name] = old.GetValueOrDefault(name);
            }
        }

        foreach (string name in names)
        {
            object?[] column = [.. rows.Select(row => row[name])];
            bool hasFraction = column.Any(HasFraction);
            bool isMoment = column.Any(value => value is string)
                && column.All(value => value is null || (value is string text && AsMoment(text) is not null));
            foreach (Dictionary<string, object?> row in rows)
            {
                row[name] = hasFraction ? AsFraction(row[name]) : isMoment && row[name] is string text ? AsMoment(text) : row[name];
            }
        }
    }

    private static bool HasFraction(object? value) => value is double || (value is List<object?> items && items.Exists(HasFraction));

    private static object? AsFraction(object? value) => value switch
    {
        long whole => (double)whole,
        List<object?> items => items.ConvertAll(AsFraction),
        _ => value,
    };

    private static DateTime? AsMoment(string text) => Moment().IsMatch(text) && DateTime.TryParse(
        text.TrimEnd('Z').Replace('T', ' '), CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime moment) ? moment : null;

    [GeneratedRegex(@"^-?[0-9]{1,18}$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?$")]
    private static partial Regex Moment();
}

/// <summary>An item of a task.</summary>
/// <param name="Number">Its place in its split, from 0.</param>
/// <param name="Fields">Its fields, in the file's order.</param>
internal sealed record TaskDocument(int Number, IReadOnlyDictionary<string, object?> Fields)
{
    /// <summary>The item as one value.</summary>
    public PythonMap Map { get; } = new(Fields.Select(field => ((object?)field.Key, field.Value)));
}
