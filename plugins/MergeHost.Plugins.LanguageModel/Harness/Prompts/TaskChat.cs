using MergeHost.Plugins.LanguageModel.Chat;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Harness.Prompts;

/// <summary>Makes prompts with a checkpoint's chat template, as lm-evaluation-harness has transformers do it.</summary>
/// <param name="template">The template.</param>
/// <param name="asTurns">Whether examples are turns of their own, or all but the system's text is one message.</param>
/// <param name="warn">Told that a system text is lost.</param>
internal sealed class TaskChat(ChatTemplate template, bool asTurns, Action<string> warn)
{
    private bool _hasWarned;

    /// <summary>The prompt of a conversation.</summary>
    /// <param name="turns">What is said, the question last, or the beginning of the answer.</param>
    /// <param name="isBegun">Whether the last turn is the beginning of the answer.</param>
    /// <exception cref="MergeHostException">MH6002: the template refuses the conversation.</exception>
    public string Render(IReadOnlyList<TaskTurn> turns, bool isBegun)
    {
        List<ChatMessage> messages = asTurns ? [.. turns.Select(turn => new ChatMessage(turn.Role, turn.Text))] : Together(turns, isBegun);
        string? text = template.TryRender(messages, isBegun, out string reason);
        if (text is null)
        {
            List<ChatMessage> heard = [.. messages.Where(message => message.Role != "system")];
            text = heard.Count < messages.Count ? template.TryRender(heard, isBegun, out _) : null;
            if (text is not null && !_hasWarned)
            {
                _hasWarned = true;
                warn($"the chat template refuses a system message ({reason}); as in lm-evaluation-harness the description is left out of "
                    + "all prompts");
            }
        }

        return text ?? throw ChatTemplate.Refused(reason);
    }

    private static List<ChatMessage> Together(IReadOnlyList<TaskTurn> turns, bool isBegun)
    {
        int first = turns[0].Role == "system" ? 1 : 0;
        List<TaskTurn> body = [.. turns.Skip(first).Take(turns.Count - first - (isBegun ? 1 : 0))];
        body[^1] = body[^1] with { After = "" };
        List<ChatMessage> messages = [.. turns.Take(first).Select(turn => new ChatMessage(turn.Role, turn.Text)),
            new ChatMessage("user", string.Concat(body.Select(turn => turn.Text + turn.After)))];
        if (isBegun)
        {
            messages.Add(new ChatMessage("assistant", turns[^1].Text));
        }

        return messages;
    }
}
