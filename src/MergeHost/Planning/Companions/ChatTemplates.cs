using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Storage.Text;

namespace MergeHost.Planning.Companions;

/// <summary>Gives the output the chat template that a recipe asks for: a name, the commonest of the
/// models, or Jinja text. It is never run.</summary>
internal static partial class ChatTemplates
{
    private const string Auto = "auto";

    private static readonly Dictionary<string, string> _named = new()
    {
        ["chatml"] =
            "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% "
            + "endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
        ["llama3"] =
            "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + "
            + "message['content'] | trim + '<|eot_id|>' }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
        ["mistral"] =
            "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + "
            + "eos_token }}"
            + "{% else %}{{ '[INST] ' + message['content'] | trim + ' [/INST]' }}{% endif %}{% endfor %}",
        ["alpaca"] =
            "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}"
            + "{% elif message['role'] == 'user' %}{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}"
            + "{% else %}{{ '### Response:\\n' + message['content'] + eos_token + '\\n\\n' }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}",
        ["exaone"] =
            "{% for message in messages %}{{ '[|' + message['role'] + '|]' + message['content'] }}{% if message['role'] == 'user' %}{{ "
            + "'\\n' }}"
            + "{% else %}{{ '[|endofturn|]\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '[|assistant|]' }}{% endif %}",
    };

    /// <summary>Puts a chat template into tokenizer files.</summary>
    /// <param name="setting">What the recipe says, or <see langword="null"/> to leave the files as they are.</param>
    /// <param name="files">The tokenizer's files.</param>
    /// <param name="models">All models, for <c>auto</c>.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static IReadOnlyList<CompanionFile> Apply(
        YamlScalar? setting, IReadOnlyList<CompanionFile> files, IEnumerable<InputModel> models, List<Problem> problems)
    {
        if (setting is null || Find(setting, models, problems) is not { } template)
        {
            return files;
        }

        if (files.FirstOrDefault(file => file.Name == "tokenizer_config.json") is not { } tokenizer)
        {
            problems.Add(new Problem(ErrorCodes.BadConfig,
                "chat_template is set, but the tokenizer has no tokenizer_config.json to hold it",
                "Remove `chat_template:`.", setting.Place));
            return files;
        }

        WarnOfTokens(template, files, setting, problems);
        JsonObject config = tokenizer.ReadJson();
        config["chat_template"] = template;
        IEnumerable<CompanionFile> others = files.Where(file => file != tokenizer
            && file.Name is not ("chat_template.jinja" or "chat_template.json")
            && !file.Name.StartsWith(CompanionFile.TemplateFolder, StringComparison.Ordinal));
        return [.. others, CompanionFile.FromBytes(tokenizer.Name, PythonJson.Indented(config))];
    }

    [GeneratedRegex(@"<\|[^|<>\s]+\|>")]
    private static partial Regex Marks { get; }

    // What is no token is cut into pieces, which the model never saw as a mark.
    private static void WarnOfTokens(string template, IReadOnlyList<CompanionFile> files, YamlScalar setting, List<Problem> problems)
    {
        string[] marks = [.. Marks.Matches(template).Select(match => match.Value).Distinct()];
        if (marks.Length == 0 || files.FirstOrDefault(file => file.Name == "tokenizer.json")?.ReadJson() is not { } tokenizer)
        {
            return;
        }

        HashSet<string> tokens = [.. tokenizer["added_tokens"].Items().Select(token => token.Find("content").AsText()).OfType<string>()];
        JsonNode? pieces = tokenizer["model"].Find("vocab");
        string[] lacking = [.. marks.Where(mark => !tokens.Contains(mark) && pieces.Find(mark) is null)];
        if (lacking.Length > 0)
        {
            problems.Add(new Problem(ErrorCodes.VocabularyMismatch,
                $"the chat template writes {string.Join(", ", lacking.Select(mark => $"'{mark}'"))}, which the output has no token for",
                "Take a tokenizer that has it by `tokenizer_source:`, or add it under `tokenizer: {tokens: …}`.", setting.Place,
                Severity.Warning));
        }
    }

    private static string? Find(YamlScalar setting, IEnumerable<InputModel> models, List<Problem> problems)
    {
        if (setting.Text == Auto)
        {
            // Of equally common templates the one that is met first.
            return models.Distinct().Select(TemplateOf).OfType<string>().GroupBy(template => template).MaxBy(group => group.Count())?.Key;
        }

        if (_named.TryGetValue(setting.Text, out string? template) || setting.Text.Contains('{', StringComparison.Ordinal))
        {
            return template ?? setting.Text;
        }

        problems.Add(new Problem(ErrorCodes.ValueOutOfRange, $"chat_template is '{setting.Text}', which is neither a name nor Jinja text",
            Suggestion.Hint(setting.Text, _named.Keys.Append(Auto), $"known names are {string.Join(", ", _named.Keys.Append(Auto))}"),
            setting.Place));
        return null;
    }

    private static string? TemplateOf(InputModel model)
    {
        if (model.Companions.FirstOrDefault(file => file.Name == "chat_template.jinja") is { } file)
        {
            return Encoding.UTF8.GetString(file.ReadBytes());
        }

        JsonNode? node = model.ReadJson("tokenizer_config.json")?["chat_template"];
        return node is JsonValue value && value.TryGetValue(out string? template) ? template : null;
    }
}
