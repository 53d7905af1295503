using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>A pipeline of filters: what it makes of a model's answers to an item.</summary>
/// <param name="Name">Its name, which stands behind those of metrics.</param>
/// <param name="Steps">Its steps: of a list of answers they make another, or one answer.</param>
internal sealed record ResponseFilter(string Name, IReadOnlyList<Func<IReadOnlyList<object?>, TaskDocument, object?>> Steps)
{
    private const string Known =
        "Known are regex, multi_choice_regex, take_first, take_first_k, majority_vote, remove_whitespace, lowercase, uppercase, map.";
    private const string Invalid = "[invalid]";
    private const string Number = @"#### (\-?[0-9\.\,]+)";

    /// <summary>The pipelines of a task; without any the first answer is taken.</summary>
    /// <exception cref="MergeHostException">MH6002: a filter is not known, or its pattern is none.</exception>
    public static IReadOnlyList<ResponseFilter> ReadAll(TaskConfig config)
    {
        List<ResponseFilter> filters = [.. config.Sections("filter_list").Select(pipeline => Read(
            PythonValue.Text(pipeline.TryGet("name", out object? name) ? name : "none"),
            pipeline.TryGet("filter", out object? steps) && steps is List<object?> list
                ? list
                : throw config.Refuse("'filter_list': a pipeline has no list of 'filter'"),
            (reason, hint) => config.Refuse(reason, hint)))];
        return filters.Count > 0 ? filters : [new ResponseFilter("none", [(answers, _) => answers[0]])];
    }

    /// <summary>Reads a pipeline.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="steps">Its steps, mappings with <c>function</c>.</param>
    /// <param name="refuse">Makes what is thrown, of a reason and a hint.</param>
    public static ResponseFilter Read(string name, IReadOnlyList<object?> steps, Func<string, string?, MergeHostException> refuse) =>
        new(name, [.. steps.Select(step => Step(name, step as PythonMap ?? throw refuse($"filter '{name}': a step is no mapping", null),
            refuse))]);

    /// <summary>Filters the answers to an item.</summary>
    /// <exception cref="FormatException">They do not suit.</exception>
    public object? Apply(IReadOnlyList<string> answers, TaskDocument item)
    {
        object? left = answers.ToList<object?>();
        foreach (Func<IReadOnlyList<object?>, TaskDocument, object?> step in Steps)
        {
            left = step(left as IReadOnlyList<object?>
                ?? throw new FormatException($"filter '{Name}': a step follows after one answer was taken"), item);
        }

        return left;
    }

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> Step(string pipeline, PythonMap step,
        Func<string, string?, MergeHostException> refuse)
    {
        PythonMap left = new(step.Entries);
        string function = Take("function") as string ?? throw refuse($"filter '{pipeline}': a step has no 'function'", Known);
        Func<IReadOnlyList<object?>, TaskDocument, object?> made = function switch
        {
            "take_first" =>
                (answers, _) => answers.Count > 0
                    ? answers[0]
                    : throw new FormatException($"filter '{pipeline}': there is no answer to take"),
            "take_first_k" => FirstOf(Take("k")),
            "majority_vote" => (answers, _) => Majority(answers),
            "remove_whitespace" => EachText(PythonTextStrip),
            "lowercase" => EachText(PythonText.Lower),
            "uppercase" => EachText(PythonText.Upper),
            "map" => Map(Take("mapping_dict") as PythonMap ?? throw refuse($"filter '{pipeline}': 'map' needs a 'mapping_dict'", null),
                Take("default_value")),
            "regex" => Regex(new PythonRegex(Take("regex_pattern") as string ?? Number), Whole(Take("group_select")),
                Take("fallback") ?? Invalid),
            "multi_choice_regex" => Letters(new ChoiceLetters(
                new PythonRegex(Take("regex_pattern") as string ?? Number), Whole(Take("group_select")),
                Take("fallback") as string ?? Invalid, Take("ignore_case") is true,
                Take("ignore_punctuation") is true,
                [.. (Take("regexes_to_ignore") as List<object?> ?? []).Select(pattern => new PythonRegex(PythonValue.Text(pattern)))])),
            _ => throw refuse($"filter '{function}' of '{pipeline}' is not supported", Known),
        };
        return left.Entries.FirstOrDefault(entry => entry.Value is not Taken).Key is { } unknown
            ? throw refuse($"filter '{function}' of '{pipeline}' has no '{PythonValue.Text(unknown)}'", null)
            : made;

        object? Take(string key)
        {
            object? value = left.TryGet(key, out object? found) ? found : null;
            if (found is not null || left.Keys.Contains(key))
            {
                left.Set(key, Taken.Yes);
            }

            return value;
        }

        static long Whole(object? value) => PythonValue.AsWhole(value) ?? 0;
    }

    private enum Taken
    {
        Yes,
    }

    private static string PythonTextStrip(string text) => PythonText.Strip(text);

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> EachText(Func<string, string> change) =>
        (answers, _) =>
            answers.Select(answer =>
                (object?)change(answer as string ?? throw new FormatException($"a filter of texts was given {PythonValue.Word(answer)}")))
                    .ToList();

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> FirstOf(object? count)
    {
        int wanted = (int)(PythonValue.AsWhole(count) ?? 1);
        return (answers, _) => answers.Count >= wanted
            ? answers.Take(wanted).ToList()
            : throw new FormatException($"'take_first_k: {wanted}', but there are {answers.Count} answers; set 'repeats'");
    }

    // Of equally frequent answers the one that came first.
    private static List<object?> Majority(IReadOnlyList<object?> answers) =>
        [answers.GroupBy(answer => PythonKeys.Of(answer), PythonKeys.Instance).MaxBy(same => same.Count())!.First()];

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> Map(PythonMap values, object? otherwise) =>
        (answers, _) => answers.Select(answer => values.TryGet(answer, out object? other) ? other : otherwise).ToList();

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> Regex(PythonRegex pattern, long place, object? fallback) =>
        (answers, _) => answers
            .Select(answer =>
                ChoiceLetters.Pick(pattern.FindAll(answer as string
                    ?? throw new FormatException($"a filter of texts was given {PythonValue.Word(answer)}")), place) ?? fallback).ToList();

    private static Func<IReadOnlyList<object?>, TaskDocument, object?> Letters(ChoiceLetters letters) =>
        (answers, item) => answers.Select(answer => (object?)letters.Find(PythonValue.Text(answer), item)).ToList();
}
