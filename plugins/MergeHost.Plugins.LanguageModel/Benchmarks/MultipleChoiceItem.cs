using System.Text.Json;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>A question with its answers.</summary>
/// <param name="Id">Its name, unique in its task.</param>
/// <param name="Prompt">What stands before the answer; joined to it without a separator.</param>
/// <param name="Choices">The answers, at least two.</param>
/// <param name="Answer">The index of the right one.</param>
internal sealed record MultipleChoiceItem(string Id, string Prompt, IReadOnlyList<string> Choices, int Answer)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file of items.</summary>
    /// <exception cref="MergeHostException">MH6002: a line is no item, or an id stands twice.</exception>
    public static IReadOnlyList<MultipleChoiceItem> ReadAll(string path)
    {
        List<MultipleChoiceItem> items = [];
        HashSet<string> ids = [];
        string[] lines = TaskData.ReadText(path).Split('\n');
        for (int line = 0; line < lines.Length; line++)
        {
            if (lines[line].Trim().Length == 0)
            {
                continue;
            }

            MultipleChoiceItem item = Parse(lines[line], $"{path}({line + 1})");
            items.Add(ids.Add(item.Id) ? item : throw TaskData.Unusable($"{path}({line + 1})", $"id '{item.Id}' stands twice"));
        }

        return items.Count > 0 ? items : throw TaskData.Unusable(path, "the file holds no item");
    }

    private static MultipleChoiceItem Parse(string line, string place)
    {
        try
        {
            MultipleChoiceItem item = JsonSerializer.Deserialize<MultipleChoiceItem>(line, _json) ?? throw TaskData.Unusable(place, "expected an item, found null");
            if (item.Choices.Count < 2 || item.Choices.Any(string.IsNullOrEmpty))
            {
                throw TaskData.Unusable(place, "'choices' must be at least two texts that are not empty");
            }

            return item.Answer >= 0 && item.Answer < item.Choices.Count
                ? item
                : throw TaskData.Unusable(place, $"'answer' is {item.Answer}; it must be the index of one of {item.Choices.Count} choices");
        }
        catch (JsonException exception)
        {
            throw TaskData.Unusable(place, $"this is no item: {exception.Message}", exception);
        }
    }
}
