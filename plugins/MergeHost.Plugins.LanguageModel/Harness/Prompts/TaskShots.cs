using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Prompts;

/// <summary>Chooses the examples that stand before a question.</summary>
/// <remarks>As lm-evaluation-harness does: one generator for the whole task, so that which items are asked changes the examples.</remarks>
internal sealed class TaskShots
{
    private readonly TaskConfig _config;
    private readonly IReadOnlyList<TaskDocument> _pool;
    private readonly bool _isFirst;
    private readonly bool _leavesOut;
    private readonly bool _forEach;
    private readonly long _seed;
    private readonly PythonRandom _random;

    /// <param name="config">The task.</param>
    /// <param name="data">Its data.</param>
    /// <param name="count">How many examples.</param>
    /// <param name="seed">The seed of draws.</param>
    /// <param name="forEach">Whether each item has a generator of its own, so that its examples do not depend on other items.</param>
    /// <exception cref="MergeHostException">MH6002: there are too few items to choose from.</exception>
    public TaskShots(TaskConfig config, TaskDataset data, int count, long seed, bool forEach)
    {
        (_config, Count, _seed, _forEach) = (config, count, seed, forEach);
        _isFirst = config.FewShot("sampler") is "first_n";
        _random = new PythonRandom(seed);
        string? split = (config.FewShot("split") ?? config.Get("fewshot_split")) as string;
        string? test = config.Text("test_split");
        _leavesOut = split == test;
        if (count == 0)
        {
            _pool = [];
            return;
        }

        _pool = split is not null ? data.Split("fewshot_split", split)
            : config.FewShot("samples") is { } samples ? Written(samples)
            : config.Text("training_split") is { } training ? data.Split("training_split", training)
            : config.Text("validation_split") is { } validation ? data.Split("validation_split", validation)
            : data.Split("test_split", test!);
        MaySeeItself = split is null && config.FewShot("samples") is null && config.Text("training_split") is null
            && config.Text("validation_split") is null && !_leavesOut;
        if (_pool.Count < count)
        {
            throw config.Refuse($"'num_fewshot: {count}', but there are {_pool.Count} items to choose examples from");
        }
    }

    public int Count { get; }

    /// <summary>Whether examples are drawn, and not the first ones.</summary>
    public bool IsDrawn => Count > 0 && !_isFirst;

    /// <summary>Whether a question may be among its own examples.</summary>
    public bool MaySeeItself { get; }

    /// <summary>The examples of an item; to be asked for in the items' order.</summary>
    /// <exception cref="MergeHostException">MH6002: there are too few items to choose from.</exception>
    public IReadOnlyList<TaskDocument> Choose(TaskDocument item)
    {
        if (Count == 0)
        {
            return [];
        }

        PythonRandom random = _forEach ? new PythonRandom(_seed + item.Number) : _random;
        if (_isFirst)
        {
            return Enough([.. _pool.Where(Differs).Take(Count)]);
        }

        int wanted = Count + (_leavesOut ? 1 : 0);
        if (wanted > _pool.Count)
        {
            throw _config.Refuse(
                $"'num_fewshot: {Count}', but there are {_pool.Count} items to choose examples from, the question itself among them");
        }

        List<TaskDocument> drawn = [.. random.Sample(_pool.Count, wanted).Select(index => _pool[index]).Where(Differs).Take(Count)];
        if (drawn.Count < Count)
        {
            // The item stands in the data more than once.
            TaskDocument[] others = [.. _pool.Where(Differs)];
            drawn = others.Length >= Count ? [.. random.Sample(others.Length, Count).Select(index => others[index])] : drawn;
        }

        return Enough(drawn);

        bool Differs(TaskDocument other) => !_leavesOut || !PythonOperators.AreEqual(other.Map, item.Map);
    }

    private List<TaskDocument> Enough(List<TaskDocument> shots) => shots.Count == Count
        ? shots
        : throw _config.Refuse($"'num_fewshot: {Count}', but only {shots.Count} examples differ from the question");

    private List<TaskDocument> Written(object samples)
    {
        return samples is List<object?> list && list.TrueForAll(item => item is PythonMap)
            ? [.. list.Cast<PythonMap>()
                .Select((map,
                    index) => new TaskDocument(index,
                        map.Entries.ToDictionary(entry => PythonValue.Text(entry.Key), entry => entry.Value)))]
            : throw _config.Refuse("'fewshot_config: samples' is no list of items");
    }
}
