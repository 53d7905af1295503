using System.Globalization;
using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>What a tag of a task file names, such as <c>!function utils.process_docs</c>: Python, which is never run.</summary>
internal sealed record PythonReference(string Tag, string Name)
{
    public override string ToString() => $"{Tag} {Name}";
}

/// <summary>Reads YAML as Python's reader does: <c>yes</c> is true, <c>010</c> is eight.</summary>
internal static partial class TaskYaml
{
    // Of values that aliases put into each other.
    private const int MostDepth = 100;
    private const int MostBytes = 16 << 20;
    private const string Core = "tag:yaml.org,2002:";

    /// <summary>Reads a file.</summary>
    /// <exception cref="MergeHostException">MH6002: it is no mapping in YAML, or takes more than is read.</exception>
    public static PythonMap Read(string path)
    {
        List<Problem> problems = [];
        IReadOnlyList<YamlNode> documents = YamlLoader.Load(path, TaskData.ReadText(path, MostBytes), problems, keepsTags: true);
        return problems.Count > 0
            ? throw new MergeHostException([.. problems.Select(problem => new Problem(ErrorCodes.BadTaskData,
                $"{problem.Place}: {problem.Message}", problem.Hint))])
            : documents is [YamlMapping mapping] ? (PythonMap)Of(mapping, 0)!
            : throw TaskData.Unusable(path, "expected a mapping: one task or group");
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
            long number = mark == "0x"
                ? Convert.ToInt64(digits, 16)
                : mark == "0b"
                    ? Convert.ToInt64(digits, 2)
                    : mark == "0" ? Convert.ToInt64(digits, 8) : long.Parse(digits, CultureInfo.InvariantCulture);
            return text.StartsWith('-') ? -number : number;
        }
        catch (OverflowException)
        {
            return text;
        }
    }

    private static object? Of(YamlNode node, int depth)
    {
        if (depth > MostDepth)
        {
            throw TaskData.Unusable($"{node.Place}", $"the file unfolds to values that are more than {MostDepth} deep");
        }

        if (node.Tag is { } tag && !tag.StartsWith(Core + "str", StringComparison.Ordinal))
        {
            return tag.StartsWith(Core + "python", StringComparison.Ordinal)
                ? throw TaskData.Unusable($"{node.Place}", $"'!!{tag[Core.Length..]}' makes objects of Python, which is never run")
                : new PythonReference(tag, node is YamlScalar scalar ? scalar.Text : "");
        }

        return node switch
        {
            YamlScalar { IsPlain: true, Tag: null } plain => Word(plain.Text),
            YamlSequence list => list.Items.Select(item => Of(item, depth + 1)).ToList(),
            YamlMapping mapping => new PythonMap(mapping.Entries.Select(entry => (Of(entry.Key, depth + 1), Of(entry.Value, depth + 1)))),
            _ => ((YamlScalar)node).Text,
        };
    }

    [GeneratedRegex(
        @"^[-+]?(?:(?<mark>0b)(?<digits>[01_]+)|(?<mark>0x)(?<digits>[0-9a-fA-F_]+)|"
            + @"(?<mark>0)(?<digits>[0-7_]+)|(?<digits>0|[1-9][0-9_]*))$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$")]
    private static partial Regex Fraction();
}
