using System.Globalization;
using MergeHost.Kernels.Reading;
using MergeHost.Plugins.LanguageModel.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>The fields of a mapping in a task file; Python's functions, and fields that nobody read, are refused by name.</summary>
internal sealed class TaskYaml
{
    private readonly string _path;
    private readonly Dictionary<string, YamlNode> _fields = [];

    /// <param name="path">The file, for messages.</param>
    /// <param name="mapping">The mapping.</param>
    public TaskYaml(string path, YamlMapping mapping)
    {
        _path = path;
        foreach ((YamlScalar key, YamlNode value) in mapping.Entries)
        {
            _fields[key.Text] = value;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MergeHostException">MH6002: it is no mapping in YAML, or something in it is a function of Python.</exception>
    public static TaskYaml Read(string path)
    {
        List<Problem> problems = [];
        string text = TaskData.ReadText(path);
        IReadOnlyList<YamlNode> documents = YamlLoader.Load(path, text, problems);
        if (problems is [Problem problem, ..])
        {
            string line = text.Split('\n').ElementAtOrDefault(problem.Place!.Line - 1)?.Trim() ?? "";
            throw line.Contains(" !", StringComparison.Ordinal)
                ? NotSupported(problem.Place.ToString(), $"'{line}'", "plain data; write out what the function gives")
                : TaskData.Unusable(problem.Place.ToString(), problem.Message);
        }

        return documents is [YamlMapping mapping] ? new TaskYaml(path, mapping) : throw TaskData.Unusable(path, "expected a mapping: one task");
    }

    /// <summary>What a task needs and is not done here.</summary>
    public static MergeHostException NotSupported(string path, string what, string known) => TaskData.Unusable(path, $"{what} is not supported; supported: {known}");

    /// <summary>A field that is there; it counts as read.</summary>
    public YamlNode? Take(string name) => _fields.Remove(name, out YamlNode? value) ? value : null;

    public string? Text(string name) => Take(name) switch
    {
        null => null,
        YamlScalar scalar => scalar.Text,
        _ => throw NotSupported(_path, $"this '{name}'", "a text"),
    };

    public int? Whole(string name) => Text(name) is not { } text ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out int whole) ? whole
        : throw NotSupported(_path, $"'{name}: {text}'", "a whole number");

    public bool IsTrue(string name) => Text(name) is "true" or "True";

    /// <summary>A text, or a list of texts.</summary>
    public IReadOnlyList<string> Texts(string name) => Take(name) switch
    {
        null => [],
        YamlScalar scalar => [scalar.Text],
        YamlSequence list when list.Items.All(item => item is YamlScalar) => [.. list.Items.Cast<YamlScalar>().Select(item => item.Text)],
        _ => throw NotSupported(_path, $"this '{name}'", "a text or a list of texts"),
    };

    /// <summary>A list of mappings.</summary>
    public IReadOnlyList<TaskYaml> Sections(string name) => Take(name) switch
    {
        null => [],
        YamlSequence list when list.Items.All(item => item is YamlMapping) => [.. list.Items.Cast<YamlMapping>().Select(item => new TaskYaml(_path, item))],
        _ => throw NotSupported(_path, $"this '{name}'", "a list of mappings"),
    };

    public TaskYaml? Section(string name) => Take(name) switch
    {
        null => null,
        YamlMapping mapping => new TaskYaml(_path, mapping),
        _ => throw NotSupported(_path, $"this '{name}'", "a mapping"),
    };

    /// <summary>Leaves out what changes nothing.</summary>
    public void Skip(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            _fields.Remove(name);
        }
    }

    /// <summary>Refuses what is not known.</summary>
    public MergeHostException Refuse(string what, string known) => NotSupported(_path, what, known);

    /// <exception cref="MergeHostException">MH6002: a field was not read.</exception>
    public void ThrowIfLeft()
    {
        if (_fields.Keys.FirstOrDefault() is { } name)
        {
            throw NotSupported(_path, $"'{name}'", "tasks that are plain data in one file");
        }
    }
}
