using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>Goes through JSON token by token, without a tree; what is not JSON becomes a <see cref="CheckpointException"/>.</summary>
public ref struct StrictJson
{
    private readonly Func<string, CheckpointException> _fail;
    private Utf8JsonReader _reader;

    /// <param name="json">The whole text; its nesting is limited to 64.</param>
    /// <param name="fail">Makes the exception from a reason.</param>
    public StrictJson(ReadOnlySpan<byte> json, Func<string, CheckpointException> fail)
    {
        _fail = fail;
        _reader = new Utf8JsonReader(json);
        if (!Utf8.IsValid(json))
        {
            throw fail("the text is not UTF-8");
        }
    }

    /// <summary>The kind of the current token.</summary>
    public readonly JsonTokenType Token => _reader.TokenType;

    /// <summary>Goes to the next token.</summary>
    public void Read()
    {
        if (!TryRead())
        {
            throw _fail("the text ends early");
        }
    }

    /// <summary>Makes sure that nothing follows.</summary>
    public void ReadEnd() => TryRead();

    /// <summary>Goes to the next name in an object and reads it; makes no new string of a name that is known.</summary>
    /// <param name="known">Names that are likely, few.</param>
    /// <returns>The name; <see langword="null"/> at the object's end.</returns>
    public string? ReadName(params ReadOnlySpan<string> known)
    {
        Read();
        if (Token != JsonTokenType.PropertyName)
        {
            return null;
        }

        foreach (string name in known)
        {
            if (!_reader.ValueIsEscaped && _reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return Text();
    }

    /// <summary>Goes over the next value, whatever it is.</summary>
    public void Skip()
    {
        Read();
        int depth = _reader.CurrentDepth;
        if (Token is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                Read();
            }
            while (_reader.CurrentDepth > depth);
        }
    }

    /// <summary>The current name or string.</summary>
    public readonly string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw _fail(FormattableString.Invariant(
                $"the string at byte {_reader.TokenStartIndex:N0} of the text is not Unicode: half a surrogate pair"));
        }
    }

    /// <summary>The current number, if it is an integer from 0 to 2⁶³ − 1, written without fraction and exponent.</summary>
    public readonly bool TryCount(out long count)
    {
        count = 0;
        return Token == JsonTokenType.Number && _reader.TryGetInt64(out count) && count >= 0;
    }

    /// <summary>The current token in words, for a message.</summary>
    public readonly string Describe() => Token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.EndArray => "nothing",
        _ => CheckpointException.Printable(Encoding.UTF8.GetString(_reader.ValueSpan)),
    };

    private bool TryRead()
    {
        try
        {
            return _reader.Read();
        }
        catch (JsonException exception)
        {
            // What follows the first sentence is advice for programmers, and a line and a column in what is one long line.
            string reason = exception.Message.Split(". ")[0].TrimEnd('.');
            throw _fail(FormattableString.Invariant(
                $"the text is not JSON near byte {_reader.BytesConsumed:N0}: {CheckpointException.Printable(reason)}"));
        }
    }
}
