using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>Reads task files with what they include, and finds tasks, groups and tags by their names in a folder.</summary>
internal sealed class TaskFiles
{
    private const int MostIncludes = 30;
    private const int MostFiles = 20_000;

    private readonly Dictionary<string, (PythonMap Config, IReadOnlyList<string> Files)> _read = [];
    private readonly string? _folder;
    private Dictionary<string, TaskSource>? _index;

    /// <param name="folder">Where names are looked up, in all its folders; <see langword="null"/> if only files are named.</param>
    public TaskFiles(string? folder)
    {
        _folder = folder;
    }

    /// <summary>A file with what it includes.</summary>
    /// <exception cref="MergeHostException">MH6002: a file is not there, or includes itself.</exception>
    public TaskSource Load(string path)
    {
        (PythonMap config, IReadOnlyList<string> files) = Merge(Path.GetFullPath(path), []);
        return new TaskSource(path, config) { Files = files };
    }

    /// <summary>The task or group of a name, or <see langword="null"/>.</summary>
    public TaskSource? Find(string name) => Index.GetValueOrDefault(name);

    /// <summary>The tasks that have a tag, sorted by name.</summary>
    public IReadOnlyList<TaskSource> Tagged(string tag) =>
        [.. Index.Values.Where(source => source.Name is not null && !source.IsGroup && source.Tags.Contains(tag))
            .OrderBy(source => source.Name, StringComparer.Ordinal)];

    /// <summary>All names, for hints.</summary>
    public IEnumerable<string> Names => Index.Keys;

    private Dictionary<string, TaskSource> Index => _index ??= Scan();

    private Dictionary<string, TaskSource> Scan()
    {
        Dictionary<string, TaskSource> found = [];
        if (_folder is null)
        {
            return found;
        }

        string[] paths = Directory.Exists(_folder)
            ? [.. Directory.EnumerateFiles(_folder, "*.yaml", SearchOption.AllDirectories).Take(MostFiles + 1)
                .Order(StringComparer.Ordinal)]
            : throw TaskData.Unusable(_folder, "there is no such folder");
        if (paths.Length > MostFiles)
        {
            throw TaskData.Unusable(_folder, $"the folder holds more than {MostFiles} task files");
        }

        foreach (string path in paths)
        {
            // Files that are wrong, or include what is not there, matter only to those who ask for them.
            if (TryLoad(path) is { Name: { } name } source)
            {
                found.TryAdd(name, source);
            }
        }

        return found;
    }

    private TaskSource? TryLoad(string path)
    {
        try
        {
            return Load(path);
        }
        catch (MergeHostException)
        {
            return null;
        }
    }

    private (PythonMap Config, IReadOnlyList<string> Files) Merge(string path, IReadOnlyList<string> including)
    {
        if (including.Contains(path) || including.Count > MostIncludes)
        {
            throw TaskData.Unusable(including[0],
                "'include:' comes back to "
                    + $"'{Path.GetFileName(path)}': {string.Join(" → ", including.Append(path).Select(file => Path.GetFileName(file)))}");
        }

        if (_read.TryGetValue(path, out (PythonMap, IReadOnlyList<string>) known))
        {
            return known;
        }

        PythonMap own = TaskYaml.Read(path);
        object? includes = own.TryGet("include", out object? value) ? value : null;
        IEnumerable<object?> named = includes is List<object?> several ? several : includes is null ? [] : [includes];
        List<(PythonMap Config, IReadOnlyList<string> Files)> others = [.. named.Select(other => Merge(Included(path, other),
            [.. including, path]))];
        PythonMap merged = new(others.SelectMany(other => other.Config.Entries).Concat(own.Entries)
            .Where(entry => entry.Key is not "include"));
        return _read[path] = (merged, [path, .. others.SelectMany(other => other.Files)]);
    }

    private static string Included(string path, object? include)
    {
        string name = include as string
            ?? throw TaskData.Unusable(path,
                $"'include: {(include is PythonReference python ? python : PythonValue.Text(include))}' names no file");
        if (Path.IsPathRooted(name))
        {
            throw TaskData.Unusable(path, $"'include: {name}' is not beside the task; includes start at the file's own folder");
        }

        string found = Path.GetFullPath(name, Path.GetDirectoryName(path)!);
        return File.Exists(found) ? found : throw TaskData.Unusable(path, $"'include: {name}': there is no file '{found}'");
    }
}

/// <summary>A task or group as its file has it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Config">Its entries, with what it includes.</param>
internal sealed record TaskSource(string Path, PythonMap Config)
{
    /// <summary>The file and all that it includes.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether it is a group of tasks.</summary>
    public bool IsGroup => Get("task") is List<object?>;

    /// <summary>Its name, or <see langword="null"/> if it has none, such as a file that is only included.</summary>
    public string? Name => (IsGroup ? Get("group") : Get("task")) as string;

    public IReadOnlyList<string> Tags => Get("tag") switch
    {
        string one => [one],
        List<object?> several => [.. several.OfType<string>()],
        _ => [],
    };

    public object? Get(string key) => Config.TryGet(key, out object? value) ? value : null;

    /// <summary>The same with other entries, which win.</summary>
    public TaskSource With(IEnumerable<(object? Key, object? Value)> entries) =>
        this with { Config = new PythonMap([.. Config.Entries, .. entries]) };
}
