using System.Text.RegularExpressions;
using MergeHost.Storage.Text;

namespace MergeHost.Yaml;

/// <summary>Writes nodes as YAML in one line, so that reading it gives the same nodes but for their places.</summary>
internal static partial class YamlText
{
    /// <summary>The text of a node.</summary>
    public static string Of(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.IsPlain && PlainAnywhere().IsMatch(scalar.Text) ? scalar.Text : Quote(scalar.Text),
        YamlSequence sequence => $"[{string.Join(", ", sequence.Items.Select(Of))}]",
        YamlMapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{Of(entry.Key)}: {Of(entry.Value)}"))}}}",
        _ => throw new ArgumentException(node.Kind),
    };

    /// <summary>The text of a mapping as a file: a line for each field, and for each item of a list.</summary>
    public static string Document(YamlMapping mapping) => string.Concat(mapping.Entries.Select(entry => entry.Value is YamlSequence sequence
        ? $"{Of(entry.Key)}:\n{string.Concat(sequence.Items.Select(item => $"  - {Of(item)}\n"))}"
        : $"{Of(entry.Key)}: {Of(entry.Value)}\n"));

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    // Numbers, truth values, names and paths: nothing that means something else inside brackets.
    [GeneratedRegex(@"^[A-Za-z0-9_.+~/\\-]*$")]
    private static partial Regex PlainAnywhere();
}
