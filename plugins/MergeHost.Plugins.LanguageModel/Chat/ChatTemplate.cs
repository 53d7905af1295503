using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.LanguageModel.Chat;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>.</param>
/// <param name="Content">What is said.</param>
internal sealed record ChatMessage(string Role, string Content);

/// <summary>A checkpoint's chat template: makes one text of a conversation.</summary>
internal sealed class ChatTemplate
{
    private const string File = "chat_template.jinja";
    private const string Settings = "tokenizer_config.json";

    private readonly TextTemplate _template;
    private readonly Dictionary<string, object?> _tokens = [];

    private ChatTemplate(string source, JsonObject? settings)
    {
        _template = new TextTemplate(source, new TemplateOptions
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
        });
        foreach (string name in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (TokenRoles.TextOf(settings, name) is { } text)
            {
                _tokens[name] = text;
            }
        }
    }

    /// <summary>Reads a checkpoint's template.</summary>
    /// <returns><see langword="null"/> if it has none.</returns>
    /// <exception cref="MergeHostException">MH6002: the template is not understood; MH2013: a file is broken.</exception>
    public static ChatTemplate? Find(IReadOnlyList<CompanionFile> companions)
    {
        JsonObject? settings = companions.FirstOrDefault(file => file.Name == Settings)?.ReadJson();
        string? source = companions.FirstOrDefault(file => file.Name == File) is { } own ? System.Text.Encoding.UTF8.GetString(own.ReadBytes()) : Source(settings?["chat_template"]);
        return source is null ? null : new ChatTemplate(source, settings);
    }

    /// <summary>A conversation that a template does not take.</summary>
    public static MergeHostException Refused(string reason) => new(new Problem(ErrorCodes.BadTaskData, $"the checkpoint's chat template refuses the conversation: {reason}"), null);

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">What was said.</param>
    /// <param name="addGenerationPrompt">Whether the text ends where the model is to answer.</param>
    /// <param name="reason">Why there is none.</param>
    /// <returns><see langword="null"/> if the template refuses the conversation.</returns>
    public string? TryRender(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, out string reason)
    {
        Dictionary<string, object?> fields = new(_tokens)
        {
            ["messages"] = messages.Select(message => (object?)new PythonMap([("role", message.Role), ("content", message.Content)])).ToList(),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = null,
            ["documents"] = null,
        };
        try
        {
            reason = "";
            return _template.RenderOrThrow(fields);
        }
        catch (FormatException exception)
        {
            reason = exception.Message;
            return null;
        }
    }

    // One template, or several with names, of which 'default' counts.
    private static string? Source(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonArray several => several.OfType<JsonObject>().FirstOrDefault(one => one["name"]?.ToString() == "default")?["template"]?.ToString(),
        _ => null,
    };
}
