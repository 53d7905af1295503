using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>A task, or a group of others.</summary>
/// <param name="Name">Its name in results.</param>
/// <param name="Source">Its file and entries.</param>
/// <param name="Children">Of a group what is in it; of a task nothing.</param>
internal sealed record TaskNode(string Name, TaskSource Source, IReadOnlyList<TaskNode> Children)
{
    public bool IsGroup => Source.IsGroup;

    /// <summary>The tasks in it.</summary>
    public IEnumerable<TaskNode> Leaves => IsGroup ? Children.SelectMany(child => child.Leaves) : [this];

    /// <summary>The groups in it and itself, those inside first.</summary>
    public IEnumerable<TaskNode> Groups => IsGroup ? [.. Children.SelectMany(child => child.Groups), this] : [];
}

/// <summary>Finds what a run asks for: tasks, groups with their members, and tags.</summary>
internal sealed class TaskTree(TaskFiles files)
{
    private const int MostDepth = 30;

    private static readonly string[] _ofGroups = ["group", "group_alias", "task", "tag", "aggregate_metric_list", "metadata", "include"];

    /// <summary>What a list of files and names asks for.</summary>
    /// <exception cref="MergeHostException">MH6002: there is no such file or name, or a task comes twice.</exception>
    public IReadOnlyList<TaskNode> Resolve(IEnumerable<string> wanted, string folder)
    {
        List<TaskNode> nodes = [.. wanted.SelectMany(name => File.Exists(Path.Combine(folder, name))
            ? [Node(files.Load(Path.Combine(folder, name)), null, 0)]
            : Named(name, null, 0))];
        TaskNode? twice = nodes.SelectMany(node => node.Leaves).GroupBy(leaf => leaf.Name)
            .FirstOrDefault(same => same.Count() > 1)?.First();
        return twice is null ? nodes : throw TaskData.Unusable(twice.Source.Path, $"task '{twice.Name}' is asked for more than once");
    }

    private IEnumerable<TaskNode> Named(string name, TaskSource? asking, int depth)
    {
        if (files.Find(name) is { } source)
        {
            return [Node(source, null, depth)];
        }

        IReadOnlyList<TaskSource> tagged = files.Tagged(name);
        return tagged.Count > 0 ? tagged.Select(task => Node(task, null, depth))
            : throw new MergeHostException(new Problem(ErrorCodes.BadTaskData,
                $"{(asking is null ? "" : $"{asking.Path}: ")}there is no task file, task, group or tag '{name}'",
                files.Names.Any()
                    ? $"Known are {string.Join(", ", files.Names.Order(StringComparer.Ordinal).Take(12))}."
                    : "Name a file, or a folder of tasks as `include_path:`."), null);
    }

    // Inside of a group the names of groups and tasks that are written there are joined to its own.
    private TaskNode Node(TaskSource source, string? outer, int depth)
    {
        if (depth > MostDepth)
        {
            throw TaskData.Unusable(source.Path, "a group holds itself");
        }

        string own = source.Name ?? (source.IsGroup ? null : System.IO.Path.GetFileNameWithoutExtension(source.Path))
            ?? throw TaskData.Unusable(source.Path, "a group needs a name: 'group:'");
        string name = outer is null ? own : $"{outer}::{own}";
        if (!source.IsGroup)
        {
            return new TaskNode(name, source, []);
        }

        (object? Key, object? Value)[] overrides = [.. source.Config.Entries.Where(entry => !_ofGroups.Contains(entry.Key))];
        List<object?> members = (List<object?>)source.Get("task")!;
        return new TaskNode(name, source,
            [.. members.SelectMany(member => Members(member, source, name, depth + 1)).Select(child => Override(child, overrides))]);
    }

    private IEnumerable<TaskNode> Members(object? member, TaskSource group, string name, int depth)
    {
        switch (member)
        {
            case string known:
                return Named(known, group, depth);
            case PythonMap entry when entry.TryGet("task", out object? task) && task is string known
                && files.Find(known) is { IsGroup: false } source:
                return [Node(source.With(entry.Entries), null, depth)];
            case PythonMap entry when entry.TryGet("group", out object? inner) && inner is string known && !entry.TryGet("task", out _):
                return Named(known, group, depth)
                    .Select(child => Override(child, [.. entry.Entries.Where(one => !_ofGroups.Contains(one.Key))]));
            case PythonMap entry:
                return [Node(new TaskSource(group.Path, entry), name, depth)];
            default:
                throw TaskData.Unusable(group.Path,
                    $"group '{name}': a member "
                        + $"is {(member is PythonReference python ? $"'{python}', which is never run" : PythonValue.Word(member))}; "
                        + "expected a name or a mapping");
        }
    }

    private static TaskNode Override(TaskNode node, (object? Key, object? Value)[] entries) => entries.Length == 0 ? node
        : node.IsGroup ? node with { Children = [.. node.Children.Select(child => Override(child, entries))] }
        : node with { Source = node.Source.With(entries) };
}
