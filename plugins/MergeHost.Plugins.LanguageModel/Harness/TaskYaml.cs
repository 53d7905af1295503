using System.Globalization;
using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>What a tag of a task file names, such as <c>!function utils.process_docs</c>: Python, which is never run.</summary>
internal sealed record PythonReference(string Tag, string Name)
{
    public override string ToString() => $"{Tag} {Name}";
}

/// <summary>Reads YAML as Python's reader does: <c>yes</c> is true, <c>010</c> is eight.</summary>
internal sealed partial class TaskYaml
{
    private const int MostNodes = 1_000_000;
    private const int MostDepth = 100;
    private const long MostBytes = 16 << 20;

    private readonly string _path;
    private int _nodes;

    private TaskYaml(string path)
    {
        _path = path;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MergeHostException">MH6002: it is no mapping in YAML, or takes more than is read.</exception>
    public static PythonMap Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes })
            {
                throw TaskData.Unusable(path, $"a task file has at most {MostBytes} bytes");
            }

            string text = TaskData.ReadText(path);
            CheckDepth(path, text);
            YamlStream stream = [];
            stream.Load(new StringReader(text));
            return stream.Documents is [{ RootNode: YamlMappingNode mapping }]
                ? (PythonMap)new TaskYaml(path).Of(mapping, 0)!
                : throw TaskData.Unusable(path, "expected a mapping: one task or group");
        }
        catch (YamlException exception)
        {
            throw TaskData.Unusable($"{path}({exception.Start.Line},{exception.Start.Column})", exception.Message, exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // The parser's own words for some texts, such as a list that is never closed.
            throw TaskData.Unusable(path, "this is no YAML", exception);
        }
    }

    // Before nodes are made of it, one inside of the other.
    private static void CheckDepth(string path, string text)
    {
        Parser events = new(new StringReader(text));
        for (int depth = 0, count = 0; events.MoveNext(); count++)
        {
            depth += events.Current is MappingStart or SequenceStart ? 1 : events.Current is MappingEnd or SequenceEnd ? -1 : 0;
            if (depth > MostDepth || count > MostNodes)
            {
                throw TaskData.Unusable(path, $"a task file has at most {MostNodes} values, {MostDepth} deep");
            }
        }
    }

    /// <summary>A plain word of YAML 1.1 as a value.</summary>
    public static object? Word(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
            default:
                return Whole().Match(text) is { Success: true } whole ? Number(text, whole)
                    : Fraction().IsMatch(text) ? double.Parse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
                    : text;
        }
    }

    private static object Number(string text, Match match)
    {
        string digits = match.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal);
        string mark = match.Groups["mark"].Value;
        try
        {
            long number = mark == "0x" ? Convert.ToInt64(digits, 16) : mark == "0b" ? Convert.ToInt64(digits, 2) : mark == "0" ? Convert.ToInt64(digits, 8) : long.Parse(digits, CultureInfo.InvariantCulture);
            return text.StartsWith('-') ? -number : number;
        }
        catch (OverflowException)
        {
            return text;
        }
    }

    private object? Of(YamlNode node, int depth)
    {
        if (++_nodes > MostNodes || depth > MostDepth)
        {
            throw TaskData.Unusable(_path, $"the file unfolds to more than {MostNodes} values, or {MostDepth} deep");
        }

        if (!node.Tag.IsEmpty && node.Tag.Value is var tag && !tag.StartsWith("tag:yaml.org,2002:str", StringComparison.Ordinal))
        {
            return tag.StartsWith("tag:yaml.org,2002:python", StringComparison.Ordinal)
                ? throw TaskData.Unusable($"{_path}({node.Start.Line},{node.Start.Column})", $"'!!{tag["tag:yaml.org,2002:".Length..]}' makes objects of Python, which is never run")
                : new PythonReference(tag, node is YamlScalarNode scalar ? scalar.Value ?? "" : "");
        }

        return node switch
        {
            YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text } when node.Tag.IsEmpty => Word(text),
            YamlScalarNode scalar => scalar.Value ?? "",
            YamlSequenceNode list => list.Select(item => Of(item, depth + 1)).ToList(),
            YamlMappingNode mapping => Mapping(mapping, depth),
            _ => throw TaskData.Unusable(_path, "a task file holds what is no value"),
        };
    }

    // '<<' takes over the entries of other mappings that this one does not have.
    private PythonMap Mapping(YamlMappingNode mapping, int depth)
    {
        IEnumerable<PythonMap> others = mapping.Children.Where(entry => entry.Key is YamlScalarNode { Value: "<<", Style: ScalarStyle.Plain })
            .SelectMany(entry => Of(entry.Value, depth + 1) is List<object?> several ? several : [Of(entry.Value, depth + 1)]).OfType<PythonMap>();
        PythonMap read = new(others.Reverse().SelectMany(other => other.Entries));
        foreach ((YamlNode key, YamlNode value) in mapping.Children.Where(entry => entry.Key is not YamlScalarNode { Value: "<<", Style: ScalarStyle.Plain }))
        {
            read.Set(key is YamlScalarNode ? Of(key, depth + 1) : throw TaskData.Unusable($"{_path}({key.Start.Line},{key.Start.Column})", "a key must be a word"), Of(value, depth + 1));
        }

        return read;
    }

    [GeneratedRegex(@"^[-+]?(?:(?<mark>0b)(?<digits>[01_]+)|(?<mark>0x)(?<digits>[0-9a-fA-F_]+)|(?<mark>0)(?<digits>[0-7_]+)|(?<digits>0|[1-9][0-9_]*))$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$")]
    private static partial Regex Fraction();
}
