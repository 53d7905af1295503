using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Chat;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Harness.Scores;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>What a run of lm-evaluation-harness's tasks asks for: read and checked before a model is.</summary>
internal sealed class LmEvalRun
{
    private LmEvalRun(IReadOnlyList<TaskNode> nodes, IReadOnlyList<LmEvalTask> tasks)
    {
        (Nodes, Tasks) = (nodes, tasks);
    }

    /// <summary>What was asked for, with groups.</summary>
    public IReadOnlyList<TaskNode> Nodes { get; }

    /// <summary>The tasks, in the order in which they run.</summary>
    public IReadOnlyList<LmEvalTask> Tasks { get; }

    /// <summary>The files that the numbers depend on.</summary>
    public IEnumerable<string> Files => Nodes.SelectMany(node => node.Groups.Concat(node.Leaves)).SelectMany(node => node.Source.Files)
        .Concat(Tasks.SelectMany(task => task.Data.Paths)).Distinct();

    /// <summary>Reads what is asked for; of each task the first item is tried on its templates.</summary>
    /// <exception cref="MergeHostException">MH6002: a task is not supported, or its data does not suit.</exception>
    public static LmEvalRun Read(LmEvalOptions options, string folder)
    {
        string first = Path.Combine(folder, options.Task.Split(',')[0]);
        TaskFiles files = new(options.IncludePath is { } path
            ? Path.Combine(folder, path)
            : File.Exists(first) ? Path.GetDirectoryName(Path.GetFullPath(first)) : null);
        IReadOnlyList<TaskNode> nodes = new TaskTree(files)
            .Resolve(options.Task.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), folder);
        return nodes.Count == 0
            ? throw TaskData.Unusable(options.Task, "no task is named")
            : new LmEvalRun(nodes, [.. nodes.SelectMany(node => node.Leaves).Select(node => new LmEvalTask(node, options, folder))]);
    }
}

/// <summary>A task with its data, ready to be asked.</summary>
internal sealed class LmEvalTask
{
    private readonly LmEvalOptions _options;
    private readonly string _folder;

    /// <exception cref="MergeHostException">MH6002: something in it is not supported, or its data does not suit.</exception>
    public LmEvalTask(TaskNode node, LmEvalOptions options, string folder)
    {
        (Node, _options, _folder) = (node, options, folder);
        Config = new TaskConfig(node);
        Metrics = MetricRule.ReadAll(Config);
        Filters = ResponseFilter.ReadAll(Config);
        Generation = Config.Kind == TaskKind.GenerateUntil ? TaskGeneration.Read(Config, options.GenKwargs) : null;
        Repeats = Config.Whole("repeats") ?? 1;
        int own = Config.Whole("num_fewshot") ?? 0;
        Shots = Config.Get("num_fewshot") is 0L ? 0 : options.Shots ?? own;
        Dictionary<string, string> splits = [];
        string split = Config.Text("test_split") ?? Config.Text("validation_split") ?? (options.Data is null
            ? throw Config.Refuse("neither 'test_split' nor 'validation_split' is named")
            : "test");
        if (options.Data is not null)
        {
            splits[split] = options.Data;
            if (options.ShotsData is not null)
            {
                splits[(Config.FewShot("split") ?? Config.Get("fewshot_split")) as string ?? Config.Text("training_split")
                    ?? "train"] = options.ShotsData;
            }
        }

        Data = new TaskDataset(Config, Locate, splits);
        Documents = Data.Split(Config.Text("test_split") is null ? "validation_split" : "test_split", split);
        Asked = Choose(Documents);
        if (Filters.Any(filter => Config.Kind != TaskKind.GenerateUntil && filter.Apply(["x"], Documents[0]) is not "x"))
        {
            throw Config.Refuse("'filter_list': scores of choices and texts are not filtered; of it only take_first is supported");
        }

        // Wrong templates are found before a model is read; the generator of examples is another one.
        Prompts(chat: null, warn: (_, _) => { }).Ask(Asked[0]);
    }

    public TaskNode Node { get; }

    public TaskConfig Config { get; }

    public TaskDataset Data { get; }

    public IReadOnlyList<MetricRule> Metrics { get; }

    public IReadOnlyList<ResponseFilter> Filters { get; }

    /// <summary>How the model writes; <see langword="null"/> where it does not.</summary>
    public TaskGeneration? Generation { get; }

    /// <summary>How many answers are asked for.</summary>
    public int Repeats { get; }

    /// <summary>How many examples stand before each question.</summary>
    public int Shots { get; }

    /// <summary>All items of the split.</summary>
    public IReadOnlyList<TaskDocument> Documents { get; }

    /// <summary>Those that are asked.</summary>
    public IReadOnlyList<TaskDocument> Asked { get; }

    /// <summary>Makes the prompts; a new generator of examples begins with each call.</summary>
    /// <exception cref="MergeHostException">MH6002: the first item does not suit the templates.</exception>
    public TaskPrompts Prompts(ChatTemplate? chat, Action<string, string?> warn)
    {
        TaskShots shots = new(Config, Data, Shots, _options.Seed, forEach: !_options.Quirks);
        if (shots.MaySeeItself)
        {
            int seen = CountSeen(new TaskShots(Config, Data, Shots, _options.Seed, forEach: !_options.Quirks));
            warn($"task '{Config.Name}': examples come from the items that are measured, and {seen} of {Asked.Count} items see their own "
                + "answer, as in lm-evaluation-harness",
                "Name another split, or `fewshot_split: " + (Config.Text("test_split")
                    ?? "test") + "`, by which an item is left out of its own examples.");
        }

        if (_options.Quirks && shots.IsDrawn && Asked[^1].Number >= Asked.Count)
        {
            warn($"task '{Config.Name}': examples are drawn item after item, and so depend on which items are asked, as in "
                + "lm-evaluation-harness",
                "Write `quirks: false` to draw those of each item by itself.");
        }

        if (Config.FewShot("fewshot_indices") is not null)
        {
            warn($"task '{Config.Name}': 'fewshot_indices' is ignored, as lm-evaluation-harness ignores it", null);
        }

        TaskChat? turns = chat is null
            ? null
            : new TaskChat(chat, _options.FewshotAsMultiturn, text => warn($"task '{Config.Name}': {text}", null));
        return new TaskPrompts(Config, Documents, shots, _options.SystemInstruction, turns, warn);
    }

    private int CountSeen(TaskShots shots) =>
        Asked.Count(item => shots.Choose(item).Any(shot => PythonOperators.AreEqual(shot.Map, item.Map)));

    private string Locate(string path)
    {
        string found = Path.Combine(_folder, path);
        return File.Exists(found) ? found
            : File.Exists(path) ? Path.GetFullPath(path)
            : throw Config.Refuse($"there is no data file '{path}'",
                $"Paths start at the suite's folder, '{Path.GetFullPath(_folder)}', or where the program runs.");
    }

    private IReadOnlyList<TaskDocument> Choose(IReadOnlyList<TaskDocument> documents)
    {
        if (_options.Samples is { } samples)
        {
            int[] numbers = [.. samples.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(text => int.TryParse(text, out int number) && number >= 0 && number < documents.Count
                    ? number
                    : throw Config.Refuse($"'samples: {text}' is no item's number in [0, {documents.Count})"))];
            return numbers.Length > 0
                ? [.. documents.Where(item => numbers.Contains(item.Number))]
                : throw Config.Refuse("'samples' names no item");
        }

        return _options.Limit is not { } limit ? documents
            : [.. documents.Take(limit < 1 ? (int)Math.Ceiling(documents.Count * limit) : (int)limit)];
    }
}
