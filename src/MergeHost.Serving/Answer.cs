using System.Buffers;
using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>Writes what a model added, whole or piece by piece as it comes; no tree of it is made.</summary>
/// <param name="request">What was asked.</param>
/// <param name="model">Who answers.</param>
/// <param name="name">The model's name.</param>
internal abstract class Answer(CompletionRequest request, ILanguageModel model, string name)
{
    private readonly string _id = $"{Guid.NewGuid():n}";
    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>What was asked.</summary>
    protected CompletionRequest Request => request;

    /// <summary>Who answers.</summary>
    protected ILanguageModel Model => model;

    /// <summary>The prefix of ids, and what answers and their pieces are called.</summary>
    protected abstract (string Prefix, string Whole, string Piece) Kind { get; }

    /// <summary>The whole answer.</summary>
    public ReadOnlyMemory<byte> Whole(IReadOnlyList<GeneratedText> texts) => Written(Kind.Whole, json =>
    {
        json.WriteStartArray("choices");
        foreach ((int index, GeneratedText text) in texts.Index())
        {
            WriteChoice(json, index, text.IsEnded ? "stop" : "length", () => WriteText(json, index, text));
        }

        json.WriteEndArray();
        WriteUsage(json, texts);
    });

    /// <summary>The pieces of a text that come before the model has added a token.</summary>
    public virtual IEnumerable<ReadOnlyMemory<byte>> Beginning(int index) => [];

    /// <summary>A piece of a text.</summary>
    /// <param name="index">The text.</param>
    /// <param name="piece">What was added to it.</param>
    /// <param name="tokens">The tokens that it consists of.</param>
    /// <param name="offset">How many letters the names of all tokens before have.</param>
    public ReadOnlyMemory<byte> Next(int index, string piece, IReadOnlyList<GeneratedToken> tokens, ref int offset)
    {
        int start = offset;
        offset += tokens.Sum(token => model.NameToken(token.Id).Length);
        return Piece(index, null, json => WritePiece(json, piece, tokens, start));
    }

    /// <summary>The last piece of a text, which says why it ended.</summary>
    public ReadOnlyMemory<byte> Ending(int index, GeneratedText text) => Piece(index, text.IsEnded ? "stop" : "length", WriteEnding);

    /// <summary>The piece after all texts that says how many tokens there were.</summary>
    public ReadOnlyMemory<byte> Usage(IReadOnlyList<GeneratedText> texts) => Written(Kind.Piece, json =>
    {
        json.WriteStartArray("choices");
        json.WriteEndArray();
        WriteUsage(json, texts);
    });

    /// <summary>Writes a text with what is told of its tokens.</summary>
    protected abstract void WriteText(Utf8JsonWriter json, int index, GeneratedText text);

    /// <summary>Writes a piece of a text.</summary>
    protected abstract void WritePiece(Utf8JsonWriter json, string piece, IReadOnlyList<GeneratedToken> tokens, int offset);

    /// <summary>Writes what a text's stream ends with.</summary>
    protected abstract void WriteEnding(Utf8JsonWriter json);

    /// <summary>A piece of a text.</summary>
    /// <param name="index">The text.</param>
    /// <param name="reason">Why it ended; <see langword="null"/> while it has not.</param>
    /// <param name="write">Writes what the piece is.</param>
    protected ReadOnlyMemory<byte> Piece(int index, string? reason, Action<Utf8JsonWriter> write) => Written(Kind.Piece, json =>
    {
        json.WriteStartArray("choices");
        WriteChoice(json, index, reason, () => write(json));
        json.WriteEndArray();
        if (request.StreamsUsage)
        {
            json.WriteNull("usage");
        }
    });

    /// <summary>Writes a list.</summary>
    protected static void WriteAll<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a log-likelihood; JSON has no number for minus infinity.</summary>
    protected static void WriteNumber(Utf8JsonWriter json, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumberValue(double.IsFinite(number) ? number : -9999.0);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteChoice(Utf8JsonWriter json, int index, string? reason, Action write)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        write();
        json.WriteString("finish_reason", reason);
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json, IReadOnlyList<GeneratedText> texts)
    {
        int read = request.Prompts.Sum(prompt => prompt.Count);
        int added = texts.Sum(text => text.Tokens.Count);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", read);
        json.WriteNumber("completion_tokens", added);
        json.WriteNumber("total_tokens", read + added);
        json.WriteEndObject();
    }

    private ReadOnlyMemory<byte> Written(string kind, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        json.WriteString("id", $"{Kind.Prefix}-{_id}");
        json.WriteString("object", kind);
        json.WriteNumber("created", _created);
        json.WriteString("model", name);
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
