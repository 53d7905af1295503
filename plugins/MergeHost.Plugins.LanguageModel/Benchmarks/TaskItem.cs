using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>An item of a task's data.</summary>
/// <param name="Id">Its name, unique in its file.</param>
/// <param name="Fields">Its fields; <c>id</c> is always one.</param>
internal sealed record TaskItem(string Id, IReadOnlyDictionary<string, object?> Fields)
{
    /// <summary>Reads a file of items.</summary>
    /// <exception cref="MergeHostException">MH6002: a line is no item, or an id stands twice.</exception>
    public static IReadOnlyList<TaskItem> ReadAll(string path)
    {
        List<TaskItem> items = [];
        HashSet<string> ids = [];
        string[] lines = TaskData.ReadText(path).Split('\n');
        for (int line = 0; line < lines.Length; line++)
        {
            if (lines[line].Trim().Length == 0)
            {
                continue;
            }

            TaskItem item = Parse(lines[line], $"{path}({line + 1})", items.Count);
            items.Add(ids.Add(item.Id) ? item : throw TaskData.Unusable($"{path}({line + 1})", $"id '{item.Id}' stands twice"));
        }

        return items.Count > 0 ? items : throw TaskData.Unusable(path, "the file holds no item");
    }

    /// <summary>What is wrong with this item.</summary>
    public MergeHostException Unusable(string reason) => new(new Problem(ErrorCodes.BadTaskData, $"item '{Id}': {reason}"), null);

    private static TaskItem Parse(string line, string place, int number)
    {
        if (PythonJson.Parse(Encoding.UTF8.GetBytes(line),
            reason => TaskData.Unusable(place, $"this is no item: {reason}")) is not JsonObject json)
        {
            throw TaskData.Unusable(place, "an item must be a mapping of fields");
        }

        try
        {
            Dictionary<string, object?> fields = PythonValue.Fields(json);
            fields.TryAdd("id", number.ToString(CultureInfo.InvariantCulture));
            return new TaskItem(PythonValue.Text(fields["id"]), fields);
        }
        catch (FormatException exception)
        {
            throw TaskData.Unusable(place, $"this is no item: {exception.Message}", exception);
        }
    }
}
