using System.Globalization;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>The fields of a mapping in a task file; Python's functions, and fields that nobody read, are refused by name.</summary>
internal sealed class TaskYaml
{
    private readonly string _path;
    private readonly Dictionary<string, YamlNode> _fields = [];

    /// <param name="path">The file, for messages.</param>
    /// <param name="mapping">The mapping.</param>
    /// <exception cref="MergeHostException">MH6002: something in it is a function of Python.</exception>
    public TaskYaml(string path, YamlMappingNode mapping)
    {
        _path = path;
        foreach ((YamlNode key, YamlNode value) in mapping.Children)
        {
            string name = ((YamlScalarNode)key).Value!;
            YamlNode? tagged = value.AllNodes.FirstOrDefault(node => !node.Tag.IsEmpty && node.Tag.Value.StartsWith('!'));
            _fields[name] = tagged is null ? value : throw NotSupported(path, $"'{name}: {tagged.Tag} {tagged}'", "plain data; write out what the function gives");
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MergeHostException">MH6002: it is no mapping in YAML.</exception>
    public static TaskYaml Read(string path)
    {
        try
        {
            YamlStream stream = [];
            stream.Load(new StringReader(TaskData.ReadText(path)));
            return stream.Documents is [{ RootNode: YamlMappingNode mapping }]
                ? new TaskYaml(path, mapping)
                : throw TaskData.Unusable(path, "expected a mapping: one task");
        }
        catch (YamlException exception)
        {
            throw TaskData.Unusable($"{path}({exception.Start.Line},{exception.Start.Column})", exception.Message, exception);
        }
        catch (InvalidOperationException exception)
        {
            // The scanner's own words for a list that is never closed.
            throw TaskData.Unusable(path, "this is no YAML", exception);
        }
    }

    /// <summary>What a task needs and is not done here.</summary>
    public static MergeHostException NotSupported(string path, string what, string known) => TaskData.Unusable(path, $"{what} is not supported; supported: {known}");

    /// <summary>A field that is there; it counts as read.</summary>
    public YamlNode? Take(string name) => _fields.Remove(name, out YamlNode? value) ? value : null;

    public string? Text(string name) => Take(name) switch
    {
        null => null,
        YamlScalarNode { Value: { } text } => text,
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
        YamlScalarNode { Value: { } text } => [text],
        YamlSequenceNode list when list.All(item => item is YamlScalarNode) => [.. list.Cast<YamlScalarNode>().Select(item => item.Value ?? "")],
        _ => throw NotSupported(_path, $"this '{name}'", "a text or a list of texts"),
    };

    /// <summary>A list of mappings.</summary>
    public IReadOnlyList<TaskYaml> Sections(string name) => Take(name) switch
    {
        null => [],
        YamlSequenceNode list when list.All(item => item is YamlMappingNode) => [.. list.Cast<YamlMappingNode>().Select(item => new TaskYaml(_path, item))],
        _ => throw NotSupported(_path, $"this '{name}'", "a list of mappings"),
    };

    public TaskYaml? Section(string name) => Take(name) switch
    {
        null => null,
        YamlMappingNode mapping => new TaskYaml(_path, mapping),
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
