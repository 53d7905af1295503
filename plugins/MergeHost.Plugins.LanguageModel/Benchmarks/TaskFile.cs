using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>The questions of a task, with its examples in front of them.</summary>
internal sealed class TaskFile
{
    private readonly TextTemplate _prompt;
    private readonly string _examples;

    /// <summary>Reads a task's data.</summary>
    /// <param name="options">The task.</param>
    /// <param name="folder">The folder that its paths start from.</param>
    /// <param name="answer">The right answer of an item as the model should write it, for examples.</param>
    /// <exception cref="MergeHostException">MH6002: a file or template is wrong, or does not suit.</exception>
    public TaskFile(TaskOptions options, string folder, Func<TaskItem, string> answer)
    {
        string path = Path.GetFullPath(options.Data, Path.GetFullPath(folder));
        _prompt = new TextTemplate(options.Prompt);
        Items = [.. TaskItem.ReadAll(path).Take(options.Limit ?? int.MaxValue)];
        _examples = string.Concat(Shots(options, folder, path).Select(
            item => $"{_prompt.Render(item.Fields)}{options.Delimiter}{answer(item)}{options.Separator}"));
    }

    public IReadOnlyList<TaskItem> Items { get; }

    /// <summary>What the model reads before it answers.</summary>
    public string Prompt(TaskItem item) => _examples + _prompt.Render(item.Fields);

    /// <summary>The questions without their examples, each with its right answer.</summary>
    public BenchmarkItems Texts(TaskOptions options, Func<TaskItem, string> answer) =>
        new(AreQuestions: true, [.. Items.Select(item => (item.Id, $"{_prompt.Render(item.Fields)}{options.Delimiter}{answer(item)}"))]);

    private static IEnumerable<TaskItem> Shots(TaskOptions options, string folder, string data)
    {
        if (options.Shots == 0)
        {
            return [];
        }

        string path = Path.GetFullPath(options.ShotsData
            ?? throw TaskData.Unusable(data, "'shots' needs 'shots_data', the file of examples"), Path.GetFullPath(folder));
        if (path == data)
        {
            throw TaskData.Unusable(path, "examples must come from another file than the questions");
        }

        IReadOnlyList<TaskItem> items = TaskItem.ReadAll(path);
        return items.Count >= options.Shots
            ? items.Take(options.Shots)
            : throw TaskData.Unusable(path, $"the file holds {items.Count} items, 'shots' is {options.Shots}");
    }
}
