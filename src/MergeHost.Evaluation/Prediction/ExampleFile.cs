using System.Globalization;
using System.Text.Json;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Evaluation.Prediction;

/// <summary>Files of merges of studies: JSON Lines, a merge a line. Those of our own studies are part of the program.</summary>
internal static class ExampleFile
{
    private const int MostBytes = 1 << 26;
    private const string Hint = "Write one by `mergehost sweep STUDY --examples FILE`.";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The merges of our own studies.</summary>
    public static IReadOnlyList<MergeExample> Own()
    {
        List<MergeExample> examples = [];
        foreach (string name in typeof(ExampleFile).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".jsonl", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using StreamReader reader = new(typeof(ExampleFile).Assembly.GetManifestResourceStream(name)!);
            examples.AddRange(Parse(name, reader.ReadToEnd()));
        }

        return examples;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MergeHostException">MH6002: it cannot be read, or a line is no merge.</exception>
    public static IReadOnlyList<MergeExample> Read(string path) => Parse(path, NamedText.Read(path, MostBytes, ErrorCodes.BadSuite, Hint));

    /// <summary>The text of a file.</summary>
    public static string Text(IReadOnlyList<MergeExample> examples) =>
        string.Concat(examples.Select(example => JsonSerializer.Serialize(Rounded(example), _json) + "\n"));

    private static List<MergeExample> Parse(string name, string text)
    {
        List<MergeExample> examples = [];
        using StringReader reader = new(text);
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                examples.Add(JsonSerializer.Deserialize<MergeExample>(line, _json) is { Experts.Count: >= 2, Features.Count: > 0 } example
                    && example.Experts.All(letter => letter.Length == 1) ? example
                    : throw new JsonException("expected a merge of two experts at least with features"));
            }
            catch (JsonException exception)
            {
                throw new MergeHostException([new Problem(ErrorCodes.BadSuite,
                    $"{name}({number}): this is no merge of a study: {exception.Message.Split('\n')[0].TrimEnd('.')}", Hint)]);
            }
        }

        return examples.Count > 0
            ? examples
            : throw new MergeHostException([new Problem(ErrorCodes.BadSuite, $"{name}: there are no merges", Hint)]);
    }

    // Six digits are more than any of it is known to.
    private static MergeExample Rounded(MergeExample example) => example with
    {
        Features = example.Features.ToDictionary(pair => pair.Key, pair => Rounded(pair.Value)),
        Outcomes = example.Outcomes.ToDictionary(pair => pair.Key, pair => Rounded(pair.Value)),
    };

    private static double Rounded(double value) =>
        double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
