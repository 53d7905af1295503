using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Runtimes;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.LanguageModel.Chat;

/// <summary>A checkpoint's chat template: makes one text of a conversation.</summary>
internal sealed class ChatTemplate
{
    private const string File = "chat_template.jinja";
    private const string Settings = "tokenizer_config.json";

    // What a begun answer is marked with, and cut at again.
    private const string Mark = "CONTINUE_FINAL_MESSAGE_TAG ";

    private readonly Lazy<TextTemplate> _template;
    private readonly Dictionary<string, object?> _tokens = [];

    private ChatTemplate(string source, JsonObject? settings)
    {
        Source = source;
        _template = new Lazy<TextTemplate>(() => new TextTemplate(source, new TemplateOptions
        {
            TrimsBlocks = true,
            StripsBlocks = true,
            KeepsLastLineEnd = false,
            IsLenient = true,
            HasLoopControls = true,
            WritesPlainJson = true,
            Functions = new Dictionary<string, PythonFunction>
            {
                ["raise_exception"] = arguments => throw new FormatException(arguments.Text(0, "message")),
                ["strftime_now"] = arguments => PythonMoment.Format(DateTime.Now, arguments.Text(0, "format")),
            },
        }));
        foreach (string name in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (TokenRoles.TextOf(settings, name) is { } text)
            {
                _tokens[name] = text;
            }
        }
    }

    /// <summary>The template as it was written.</summary>
    public string Source { get; }

    /// <summary>Finds a checkpoint's template.</summary>
    /// <returns><see langword="null"/> if it has none.</returns>
    /// <exception cref="MergeHostException">MH2013: a file is broken.</exception>
    public static ChatTemplate? Find(IReadOnlyList<CompanionFile> companions)
    {
        JsonObject? settings = companions.FirstOrDefault(file => file.Name == Settings)?.ReadJson();
        string? source = companions.FirstOrDefault(file => file.Name == File) is { } own
            ? System.Text.Encoding.UTF8.GetString(own.ReadBytes())
            : SourceIn(settings?["chat_template"]);
        return source is null ? null : new ChatTemplate(source, settings);
    }

    /// <summary>A checkpoint that has no template.</summary>
    public static MergeHostException Missing() => new(new Problem(ErrorCodes.BadTaskData, "the checkpoint has no chat template"), null);

    /// <summary>A conversation that a template does not take.</summary>
    public static MergeHostException Refused(string reason) =>
        new(new Problem(ErrorCodes.BadTaskData, $"the checkpoint's chat template refuses the conversation: {reason}"), null);

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">What was said.</param>
    /// <param name="isBegun">Whether the last message is the beginning of the answer; otherwise the
    /// text ends where the model is to answer.</param>
    /// <param name="reason">Why there is none.</param>
    /// <returns><see langword="null"/> if the template refuses the conversation.</returns>
    /// <exception cref="MergeHostException">MH6002: the template is not understood.</exception>
    public string? TryRender(IReadOnlyList<ChatMessage> messages, bool isBegun, out string reason)
    {
        IEnumerable<ChatMessage> marked = isBegun
            ? [.. messages.SkipLast(1), messages[^1] with { Content = messages[^1].Content + Mark }]
            : messages;
        Dictionary<string, object?> fields = new(_tokens)
        {
            ["messages"] = marked.Select(message => (object?)new PythonMap([("role", message.Role), ("content", message.Content)]))
                .ToList(),
            ["add_generation_prompt"] = !isBegun,
            ["tools"] = null,
            ["documents"] = null,
        };
        try
        {
            reason = "";
            string text = _template.Value.RenderOrThrow(fields);
            return isBegun ? Cut(text) : text;
        }
        catch (FormatException exception)
        {
            reason = exception.Message;
            return null;
        }
    }

    // White space at the end of the begun answer stays if the blank behind the mark survived.
    private static string Cut(string text)
    {
        int place = text.LastIndexOf(Mark.TrimEnd(), StringComparison.Ordinal);
        return place < 0 ? throw new FormatException("it leaves the begun answer out")
            : text.AsSpan(place).StartsWith(Mark) ? text[..place]
            : text[..place].TrimEnd();
    }

    // One template, or several with names, of which 'default' counts.
    private static string? SourceIn(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonArray several =>
            several.OfType<JsonObject>().FirstOrDefault(one => one["name"]?.ToString() == "default")?["template"]?.ToString(),
        _ => null,
    };
}
