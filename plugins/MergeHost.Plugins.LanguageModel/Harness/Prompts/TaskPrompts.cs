using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Prompts;

/// <summary>Makes the prompts of a task: description, examples, question, each joined as lm-evaluation-harness does.</summary>
internal sealed class TaskPrompts
{
    private readonly TaskConfig _config;
    private readonly TaskFields _fields;
    private readonly TaskShots _shots;
    private readonly string? _system;
    private readonly TaskChat? _chat;
    private readonly string _delimiter;
    private readonly string _separator;
    private readonly bool _hasSeveralInputs;

    /// <param name="config">The task.</param>
    /// <param name="items">Its items, at least one.</param>
    /// <param name="shots">Chooses examples.</param>
    /// <param name="system">What stands before the description, or <see langword="null"/>.</param>
    /// <param name="chat">How prompts become turns, or <see langword="null"/> for plain texts.</param>
    /// <param name="warn">Told what is odd about the task, and what to do.</param>
    /// <exception cref="MergeHostException">MH6002: the first item does not suit the task's templates.</exception>
    public TaskPrompts(TaskConfig config, IReadOnlyList<TaskDocument> items, TaskShots shots, string? system, TaskChat? chat,
        Action<string, string?> warn)
    {
        (_config, _shots, _system, _chat) = (config, shots, system, chat);
        _fields = new TaskFields(config, items[0].Fields.Keys.ToHashSet());
        _delimiter = config.Text("target_delimiter") ?? " ";
        _separator = config.Text("fewshot_delimiter") ?? "\n\n";
        if (config.Kind == TaskKind.LoglikelihoodRolling)
        {
            return;
        }

        // The first item decides for all.
        object? question = Question(items[0]);
        _hasSeveralInputs = config.HasChoices && question is long;
        HasSeveralTargets = Target(items[0]) is IReadOnlyList<object?>;
        if (_hasSeveralInputs && config.Kind == TaskKind.MultipleChoice && config.Text("doc_to_text") is { } how
            && items[0].Fields.GetValueOrDefault(TemplateField(how)) is string)
        {
            warn($"task '{config.Name}': 'doc_to_text: {how}' renders to digits, which lm-evaluation-harness takes for the index of one of "
                + "several beginnings; so does this run",
                $"Write the field's name without braces, `doc_to_text: {TemplateField(how)}`, to keep it a text.");
        }

        RefuseBraces();
    }

    /// <summary>Whether any of several targets is right.</summary>
    public bool HasSeveralTargets { get; }

    /// <summary>How an item is asked; to be called in the items' order, as examples are drawn in it.</summary>
    /// <exception cref="MergeHostException">MH6002: the item does not suit the task's templates.</exception>
    public TaskQuestion Ask(TaskDocument item)
    {
        if (_config.Kind == TaskKind.LoglikelihoodRolling)
        {
            object? text = Target(item);
            return new TaskQuestion(item, [new TaskRequest(PythonValue.Text(text), null)], [], text);
        }

        IReadOnlyList<string> prompts = Prompts(item);
        object? target = Target(item);
        switch (_config.Kind)
        {
            case TaskKind.GenerateUntil:
                return new TaskQuestion(item, [new TaskRequest(prompts[0], null)], _config.HasChoices ? Choices(item) : [], target);
            case TaskKind.Loglikelihood:
                return new TaskQuestion(item, [new TaskRequest(prompts[0], PythonValue.Text(target))], [], target);
            default:
                IReadOnlyList<string> choices = Choices(item);
                string? prefix = Prefix(item);
                string delimiter = _chat is not null && !(prefix is { Length: > 0 } && !PythonText.IsSpace(prefix[^1])) ? "" : _delimiter;
                IEnumerable<TaskRequest> requests = _hasSeveralInputs
                    ? prompts.Select(prompt => new TaskRequest(prompt, delimiter + PythonValue.Text(target)))
                    : choices.Select(choice => new TaskRequest(prompts[0], delimiter + choice));
                IEnumerable<TaskRequest> alone = HasMutualInformation()
                    ? choices.Select(choice => new TaskRequest("", delimiter + choice))
                    : [];
                return new TaskQuestion(item, [.. requests, .. alone], choices, target)
                {
                    Gold = _hasSeveralInputs ? Question(item) : target
                };
        }
    }

    private static string TemplateField(string how) => how.Trim('{', '}', ' ');

    private object? Question(TaskDocument item) => _fields.Question("doc_to_text", _config.Get("doc_to_text"), item);

    private object? Target(TaskDocument item) => _fields.Target("doc_to_target", _config.Get("doc_to_target"), item);

    private IReadOnlyList<string> Choices(TaskDocument item) => _fields.Choices("doc_to_choice", _config.Get("doc_to_choice"), item);

    private string? Prefix(TaskDocument item) => _config.Get("gen_prefix") is { } how ? _fields.Around("gen_prefix", how, item) : null;

    private bool HasMutualInformation() =>
        _config.Sections("metric_list").Any(metric => metric.TryGet("metric", out object? name) && name is "acc_mutual_info");

    // The peer scores the braces themselves.
    private void RefuseBraces()
    {
        if (_config.Get("doc_to_choice") is List<object?> list
            && list.Exists(choice => choice is string text && text.Contains("{{", StringComparison.Ordinal)))
        {
            IEnumerable<string> inner = list.Select(choice => TemplateField(PythonValue.Text(choice)));
            throw _config.Refuse("'doc_to_choice' is a list with templates in it, which are not rendered",
                $"Write one template that gives the list: \"{{{{[{string.Join(", ", inner)}]}}}}\".");
        }
    }

    private IReadOnlyList<string> Prompts(TaskDocument item)
    {
        string? prefix = Prefix(item);
        List<TaskTurn> before = Before(item);
        IReadOnlyList<string> questions = _hasSeveralInputs ? Choices(item) : [PythonValue.Text(Question(item))];
        return [.. questions.Select(question => Join(before, question, prefix))];
    }

    private string Join(List<TaskTurn> before, string question, string? prefix)
    {
        string delimiter = _hasSeveralInputs ? "" : _delimiter;
        List<TaskTurn> turns = [.. before,
            new TaskTurn("user", question, prefix is { Length: > 0 } && HasGap(question, prefix) ? delimiter : "")];
        if (prefix is { Length: > 0 })
        {
            turns.Add(new TaskTurn("assistant", prefix, ""));
        }

        return _chat is null ? string.Concat(turns.Select(turn => turn.Text + turn.After)) : _chat.Render(turns, prefix is { Length: > 0 });
    }

    // What stands before the question.
    private List<TaskTurn> Before(TaskDocument item)
    {
        List<TaskTurn> turns = [];
        string head = Glue(_system ?? "", _fields.Around("description", _config.Get("description"), item), _separator);
        if (head.Length > 0)
        {
            turns.Add(new TaskTurn("system", head, ""));
        }

        foreach (TaskDocument shot in _shots.Choose(item))
        {
            AddShot(turns, shot);
        }

        return turns;
    }

    private void AddShot(List<TaskTurn> turns, TaskDocument shot)
    {
        string where = _config.FewShot("doc_to_text") is null ? "doc_to_text" : "fewshot_config: doc_to_text";
        object? question = _fields.Question(where, _config.ForExamples("doc_to_text"), shot);
        object? answer = _fields.Target("doc_to_target of an example", _config.ForExamples("doc_to_target"), shot);
        IReadOnlyList<string>? choices = _config.ForExamples("doc_to_choice") is { } how ? ChoicesOfShot(how, shot) : null;
        if (_hasSeveralInputs && choices is not null)
        {
            question = question is long place && place >= 0 && place < choices.Count ? choices[(int)place] : question;
            choices = null;
        }

        string text = answer switch
        {
            long index when choices is not null => index >= -choices.Count && index < choices.Count
                ? choices[(int)(index < 0 ? index + choices.Count : index)]
                : throw _config.Refuse($"an example's target is {index}, it has {choices.Count} choices"),
            IReadOnlyList<object?> several =>
                several.Count > 0 ? PythonValue.Text(several[0]) : throw _config.Refuse("an example has no target"),
            _ => PythonValue.Text(answer),
        };
        string prefix = _fields.Around("gen_prefix of an example", _config.ForExamples("gen_prefix"), shot, isShot: true);
        string between = prefix.Length == 0 || HasGap(PythonValue.Text(question), prefix) ? ForExamples("target_delimiter", " ") : "";
        turns.Add(new TaskTurn("user", PythonValue.Text(question), between));
        turns.Add(new TaskTurn("assistant", Glue(prefix, text, " "), ForExamples("fewshot_delimiter", "\n\n")));
    }

    private IReadOnlyList<string> ChoicesOfShot(object how, TaskDocument shot)
    {
        try
        {
            return _fields.Choices("doc_to_choice of an example", how, shot);
        }
        catch (MergeHostException exception)
        {
            throw _config.Refuse(exception.Problems[0].Message.Split(": ", 3)[^1],
                "Examples take over the task's doc_to_choice; write `doc_to_choice: null` in fewshot_config if their doc_to_target names "
                    + "the answer itself.");
        }
    }

    private string ForExamples(string key, string otherwise) => _config.ForExamples(key) switch
    {
        null => otherwise,
        string text => text,
        _ => throw _config.Refuse($"'{key}' of examples is not a text"),
    };

    private static bool HasGap(string left, string right) =>
        left.Length > 0 && right.Length > 0 && !PythonText.IsSpace(left[^1]) && !PythonText.IsSpace(right[0]);

    // Both, with the delimiter between them where neither side has white space; the other one where one is empty.
    private static string Glue(string left, string right, string delimiter) =>
        left.Length == 0 || right.Length == 0 ? left + right : left + (HasGap(left, right) ? delimiter : "") + right;
}

/// <summary>A part of a conversation.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">What is said.</param>
/// <param name="After">What follows it in a plain text.</param>
internal sealed record TaskTurn(string Role, string Text, string After);
