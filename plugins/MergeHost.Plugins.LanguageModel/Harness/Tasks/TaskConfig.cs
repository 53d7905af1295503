using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>How a task has a model answer.</summary>
internal enum TaskKind
{
    MultipleChoice,
    Loglikelihood,
    LoglikelihoodRolling,
    GenerateUntil,
}

/// <summary>The entries of a task, checked: what would run Python, and what no task has, is refused by name.</summary>
internal sealed class TaskConfig
{
    private static readonly string[] _keys =
    [
        "task", "task_alias", "tag", "group", "group_alias", "custom_dataset", "dataset_path", "dataset_name", "dataset_kwargs",
        "training_split", "validation_split",
        "test_split", "fewshot_split", "process_docs", "doc_to_text", "doc_to_target", "doc_to_image", "doc_to_audio", "unsafe_code",
        "doc_to_choice",
        "process_results", "use_prompt", "description", "target_delimiter", "fewshot_delimiter", "fewshot_config", "num_fewshot",
        "metric_list", "output_type",
        "generation_kwargs", "repeats", "filter_list", "should_decontaminate", "doc_to_decontamination_query", "gen_prefix", "metadata",
        "class",
    ];

    private static readonly string[] _fewShotKeys =
    [
        "sampler", "split", "process_docs", "fewshot_indices", "samples", "doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix",
        "fewshot_delimiter",
        "target_delimiter",
    ];

    // What needs more than data: why, and what can be done.
    private static readonly (string Key, string Reason)[] _refused =
    [
        ("class", "a task that is a class of Python is never run; write it as templates"),
        ("custom_dataset", "data made by Python are never run; write them to a file and name it in 'dataset_kwargs: data_files:'"),
        ("process_docs", "Python is never run; write the processed items to a file and name it in 'dataset_kwargs: data_files:'"),
        ("process_results", "Python is never run; use 'metric_list' and 'filter_list'"),
        ("use_prompt", "prompts of another package are not there; write them into 'doc_to_text'"),
        ("doc_to_image", "pictures are not supported; use tasks of text"),
        ("doc_to_audio", "sounds are not supported; use tasks of text"),
    ];

    private readonly PythonMap _entries;
    private readonly PythonMap _fewShot;

    /// <exception cref="MergeHostException">MH6002: something in it is not supported.</exception>
    public TaskConfig(TaskNode node)
    {
        (Name, Path, _entries) = (node.Name, node.Source.Path, node.Source.Config);
        foreach ((string key, string reason) in _refused)
        {
            if (Get(key) is { } value)
            {
                throw Refuse($"'{key}: {Written(value)}' is not supported: {reason}");
            }
        }

        if (Get("unsafe_code") is true)
        {
            throw Refuse("'unsafe_code: true' is not supported: code that a model writes is never run");
        }

        foreach ((object? key, object? value) in _entries.Entries)
        {
            if (key is not string name || !_keys.Contains(name))
            {
                throw Refuse($"no task has '{Written(key)}'", $"did you mean '{Closest(Written(key), _keys)}'?");
            }

            RefusePython(name, value);
        }

        Kind = Text("output_type") switch
        {
            null or "generate_until" => TaskKind.GenerateUntil,
            "multiple_choice" => TaskKind.MultipleChoice,
            "loglikelihood" => TaskKind.Loglikelihood,
            "loglikelihood_rolling" => TaskKind.LoglikelihoodRolling,
            string other =>
                throw Refuse($"'output_type: {other}' is not supported",
                    "Known are multiple_choice, loglikelihood, loglikelihood_rolling, generate_until."),
        };
        _fewShot = Get("fewshot_config") switch
        {
            null => new PythonMap([]),
            PythonMap map => map,
            object other => throw Refuse($"'fewshot_config' is {PythonValue.Word(other)}, not a mapping"),
        };
        foreach (object? key in _fewShot.Keys.Where(key => !_fewShotKeys.Contains(key)))
        {
            throw Refuse($"'fewshot_config' has no '{Written(key)}'", $"did you mean '{Closest(Written(key), _fewShotKeys)}'?");
        }

        if (FewShot("sampler") is not (null or "default" or "first_n") and object sampler)
        {
            throw Refuse($"'fewshot_config: sampler: {Written(sampler)}' is not supported", "Known are default, first_n.");
        }
    }

    public string Name { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    public TaskKind Kind { get; }

    /// <summary>Whether the task has choices, which makes digits an index.</summary>
    public bool HasChoices => Get("doc_to_choice") is not null;

    public IEnumerable<(object? Key, object? Value)> Entries => _entries.Entries;

    /// <summary>An entry, or <see langword="null"/>.</summary>
    public object? Get(string key) => _entries.TryGet(key, out object? value) ? value : null;

    /// <summary>An entry of <c>fewshot_config</c>, or <see langword="null"/>.</summary>
    public object? FewShot(string key) => _fewShot.TryGet(key, out object? value) ? value : null;

    /// <summary>What examples take: their own entry, be it null, or else the task's.</summary>
    public object? ForExamples(string key) => _fewShot.TryGet(key, out object? own) ? own : Get(key);

    /// <summary>An entry that is a text or absent.</summary>
    /// <exception cref="MergeHostException">MH6002: it is something else.</exception>
    public string? Text(string key) => Get(key) switch
    {
        null => null,
        string text => text,
        object other => throw Refuse($"'{key}' is {PythonValue.Word(other)}, not a text"),
    };

    /// <summary>An entry that is a whole number or absent.</summary>
    /// <exception cref="MergeHostException">MH6002: it is something else.</exception>
    public int? Whole(string key) => Get(key) switch
    {
        null => null,
        long whole and >= 0 and <= 1_000_000 => (int)whole,
        object other => throw Refuse($"'{key}: {Written(other)}' is no whole number in [0, 1000000]"),
    };

    /// <summary>An entry that is a list of mappings or absent; a single mapping counts as a list.</summary>
    /// <exception cref="MergeHostException">MH6002: it is something else.</exception>
    public IReadOnlyList<PythonMap> Sections(string key) => Get(key) switch
    {
        null => [],
        PythonMap one => [one],
        List<object?> several when several.TrueForAll(item => item is PythonMap) => [.. several.Cast<PythonMap>()],
        _ => throw Refuse($"'{key}' is no list of mappings"),
    };

    /// <summary>What is wrong with the task.</summary>
    public MergeHostException Refuse(string reason, string? hint = null) =>
        new(new Problem(ErrorCodes.BadTaskData, $"{Path}: task '{Name}': {reason}", hint), null);

    /// <summary>Runs what may find that a template is wrong, and says whose it is.</summary>
    /// <exception cref="MergeHostException">MH6002: it is.</exception>
    public T Run<T>(string key, int? item, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (FormatException exception)
        {
            throw Refuse($"'{key}': {(item is { } number ? $"item {number}: " : "")}{exception.Message}",
                exception.Message.Contains("there is no field", StringComparison.Ordinal) ? TemplateException.Hint : null);
        }
        catch (MergeHostException exception) when (exception.Code == ErrorCodes.BadTaskData)
        {
            throw Refuse($"'{key}': {(item is { } number ? $"item {number}: " : "")}{exception.Problems[0].Message}",
                exception.Problems[0].Hint);
        }
    }

    /// <summary>A value as a message has it.</summary>
    public static string Written(object? value) => value switch
    {
        PythonReference python => python.ToString(),
        PythonMap or List<object?> => PythonValue.Word(value),
        _ => PythonValue.Text(value),
    };

    private void RefusePython(string key, object? value)
    {
        switch (value)
        {
            case PythonReference python:
                throw Refuse($"'{key}: {python}' is not supported: Python is never run",
                    $"Write out what the function gives: a template, a list, or items in a file.");
            case List<object?> items:
                items.ForEach(item => RefusePython(key, item));
                break;
            case PythonMap map:
                foreach ((object? inner, object? entry) in map.Entries)
                {
                    RefusePython($"{key}: {Written(inner)}", entry);
                }

                break;
            default:
                break;
        }
    }

    private static string Closest(string word, IEnumerable<string> known) => known.MinBy(other => Distance(word, other))!;

    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= right.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
