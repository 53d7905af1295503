using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>Reads the messages of a conversation.</summary>
internal static class ChatReader
{
    private const int MostMessages = 4096;
    private const string Name = "messages";

    /// <summary>The ids of a conversation by the checkpoint's chat template; a last message of the assistant is gone on with.</summary>
    /// <remarks>Nothing is put in front of them: BOS is the template's affair, as in transformers.</remarks>
    /// <exception cref="BadRequestException">The list or a message is wrong, or there is no template that takes them.</exception>
    public static IReadOnlyList<int> Read(JsonElement? list, ILanguageModel model)
    {
        if (list is not { ValueKind: JsonValueKind.Array } given || given.GetArrayLength() is 0 or > MostMessages)
        {
            throw new BadRequestException($"must be a list of 1 to {MostMessages} messages", Name);
        }

        List<ChatMessage> messages = [.. given.EnumerateArray().Select((message, index) => ReadMessage(message, $"{Name}[{index}]"))];
        try
        {
            return model.Encode(model.RenderChat(messages, messages[^1].Role == "assistant"), begins: false);
        }
        catch (MergeHostException exception)
        {
            throw new BadRequestException($"cannot be made a text: {exception.Problems[0].Message}", Name);
        }
    }

    private static ChatMessage ReadMessage(JsonElement message, string place)
    {
        RequestReader fields = new(message, place);
        string role = fields.Take("role") is { ValueKind: JsonValueKind.String } given
            ? given.GetString()!
            : throw new BadRequestException("must be a text", $"{place}.role");
        string content = ReadContent(fields.Take("content"), $"{place}.content");
        fields.Expect("type", "\"text\"");
        fields.ThrowIfLeft();
        return new ChatMessage(role, content);
    }

    // One text, or parts of it; pictures and sounds are no parts that a text model reads.
    private static string ReadContent(JsonElement? content, string place) => content switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts =>
            string.Join('\n', parts.EnumerateArray().Select((part, index) => ReadPart(part, $"{place}[{index}]"))),
        _ => throw new BadRequestException("must be a text, or a list of parts of type text", place),
    };

    private static string ReadPart(JsonElement part, string place)
    {
        RequestReader fields = new(part, place);
        fields.Expect("type", "\"text\"");
        string text = fields.Take("text") is { ValueKind: JsonValueKind.String } given
            ? given.GetString()!
            : throw new BadRequestException("must be a text", $"{place}.text");
        fields.ThrowIfLeft();
        return text;
    }
}
