using System.Globalization;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Tasks;

/// <summary>How a task has a model write.</summary>
/// <param name="Until">The texts that end an answer.</param>
/// <param name="MaxTokens">The most tokens of an answer.</param>
/// <param name="Temperature">0 for the likeliest token each time.</param>
/// <param name="TopP">The share of the likelihood that is drawn from.</param>
/// <param name="Entries">As written, with defaults, for records.</param>
internal sealed record TaskGeneration(IReadOnlyList<string> Until, int MaxTokens, double Temperature, double TopP, PythonMap Entries)
{
    private const int DefaultTokens = 256;

    private static readonly string[] _lengths = ["max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"];
    private static readonly string[] _known = [.. _lengths, "until", "do_sample", "temperature", "top_p"];

    /// <summary>Reads <c>generation_kwargs</c>.</summary>
    /// <param name="config">The task.</param>
    /// <param name="overrides">Entries that replace the task's: <c>max_gen_toks=4,until=.</c>; or <see langword="null"/>.</param>
    /// <exception cref="MergeHostException">MH6002: an entry is not known here.</exception>
    public static TaskGeneration Read(TaskConfig config, string? overrides)
    {
        string separator = config.Text("fewshot_delimiter") ?? "\n\n";
        PythonMap entries = config.Get("generation_kwargs") switch
        {
            null => new PythonMap([("temperature", 0.0), ("do_sample", false), ("max_gen_toks", (long)DefaultTokens),
                ("until", new List<object?> { separator })]),
            PythonMap map => new PythonMap(map.Entries),
            object other => throw config.Refuse($"'generation_kwargs' is {PythonValue.Word(other)}, not a mapping"),
        };
        foreach (string pair in (overrides ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = pair.Split('=', 2);
            entries.Set(sides[0].Trim(),
                sides.Length == 2 ? TaskYaml.Word(sides[1].Trim()) : throw config.Refuse($"'gen_kwargs: {pair}' has no '='"));
        }

        if (!entries.TryGet("until", out _))
        {
            entries.Set("until", new List<object?> { separator });
        }

        foreach (object? key in entries.Keys.Where(key => !_known.Contains(key)))
        {
            throw config.Refuse($"'generation_kwargs: {PythonValue.Text(key)}' is not supported",
                $"Known are {string.Join(", ", _known)}.");
        }

        double temperature = Get("temperature") switch
        {
            null => 0,
            object value => PythonValue.AsNumber(value) ?? throw config.Refuse($"'temperature: {PythonValue.Text(value)}' is no number"),
        };
        bool draws = PythonValue.IsTrue(Get("do_sample")) || temperature > 0;
        double top = PythonValue.AsNumber(Get("top_p") ?? 1.0) ?? 1;
        return new TaskGeneration(
            Get("until") is List<object?> several
                ? [.. several.Select(PythonValue.Text)]
                : Get("until") is { } one ? [PythonValue.Text(one)] : [],
            Length(config, entries), draws ? (temperature > 0 ? temperature : 1) : 0,
            top is > 0 and <= 1 ? top : throw config.Refuse($"'top_p: {PythonValue.Text(Get("top_p"))}' is not in (0, 1]"), entries);

        object? Get(string key) => entries.TryGet(key, out object? value) ? value : null;
    }

    private static int Length(TaskConfig config, PythonMap entries)
    {
        object? length = _lengths.Select(key => entries.TryGet(key, out object? value) ? value : null)
            .FirstOrDefault(value => value is not null) ?? (long)DefaultTokens;
        long? whole = PythonValue.AsWhole(length)
            ?? (length is string text && long.TryParse(text, CultureInfo.InvariantCulture, out long written) ? written : null);
        return whole is >= 0 and <= int.MaxValue
            ? (int)whole
            : throw config.Refuse($"'max_gen_toks: {PythonValue.Text(length)}' is no whole number");
    }
}
