using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace MergeHost.Checkpoints;

/// <summary>JSON as Python's <c>json</c> reads and writes it: <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c> are
/// numbers, of equal keys the last counts.</summary>
/// <remarks>
/// One strict pass: what <see cref="Parse"/> returns is decoded, so that no value fails later. Texts over
/// <see cref="MostBytes"/>, with more than <see cref="MostValues"/> values or nested more than <see cref="MostDepth"/> deep
/// are refused, and so is text that is not Unicode.
/// </remarks>
public static class PythonJson
{
    /// <summary>The longest text that is read, in bytes.</summary>
    public const int MostBytes = 256 << 20;

    /// <summary>The most values in one text.</summary>
    public const int MostValues = 8_000_000;

    /// <summary>The deepest nesting; Python's own limit is near it.</summary>
    public const int MostDepth = 900;

    // JSON has no such numbers: these spellings stand for them in nodes, and nobody else writes them so.
    internal const string InfinityMark = "1e99999";
    internal const string NanMark = "\"\\u004eaN\"";

    private static readonly JsonDocumentOptions _reading = new() { MaxDepth = MostDepth };

    private static readonly JsonSerializerOptions _writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a text.</summary>
    /// <param name="utf8">The text; a byte order mark in front is skipped.</param>
    /// <param name="fail">Makes the exception from a reason.</param>
    /// <returns>The value; <see langword="null"/> for <c>null</c>.</returns>
    public static JsonNode? Parse(ReadOnlyMemory<byte> utf8, Func<string, Exception> fail)
    {
        if (utf8.Length > MostBytes)
        {
            throw fail(Invariant($"the text has {utf8.Length:N0} bytes; at most {MostBytes:N0} are read"));
        }

        if (!Utf8.IsValid(utf8.Span))
        {
            throw fail("the text is not UTF-8");
        }

        try
        {
            ReadOnlyMemory<byte> text = utf8.Span.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;

            // Its nodes refer to it; it rents nothing, as it has its own copy of nothing but the index.
            return Make(JsonDocument.Parse(Plain(text, fail), _reading).RootElement);
        }
        catch (JsonException exception)
        {
            // What follows the first sentence is advice for programmers.
            string reason = exception.Message.Split(". ")[0].TrimEnd('.');
            throw fail(Invariant($"line {exception.LineNumber + 1}: {CheckpointException.Printable(reason)}"));
        }
        catch (InvalidOperationException)
        {
            throw fail("a text in it is not Unicode: half of a surrogate pair");
        }
    }

    /// <summary>Writes a value: indented by two, letters of all scripts as they are, a line feed at the end.</summary>
    public static byte[] Indented(JsonNode node) => Write(node, "\n");

    /// <summary>Writes a value in one line: letters of all scripts as they are, a line feed at the end.</summary>
    public static byte[] Line(JsonNode node) => Write(node, null);

    private static byte[] Write(JsonNode node, string? line)
    {
        StringBuilder text = new();
        Write(node, text, line);
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    // Replaces what only Python knows, outside of strings.
    private static ReadOnlyMemory<byte> Plain(ReadOnlyMemory<byte> utf8, Func<string, Exception> fail)
    {
        ReadOnlySpan<byte> text = utf8.Span;
        ArrayBufferWriter<byte>? plain = null;
        int copied = 0;
        int values = 1;
        for (int at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)'"':
                    at = EndOfString(text, at);
                    break;
                case (byte)',' or (byte)'[' or (byte)'{' when ++values > MostValues:
                    throw fail(Invariant($"the text has more than {MostValues:N0} values"));
                case (byte)'N' when text[at..].StartsWith("NaN"u8):
                    Replace(text, at, 3, NanMark);
                    at += 2;
                    break;
                case (byte)'I' when text[at..].StartsWith("Infinity"u8):
                    Replace(text, at, 8, InfinityMark);
                    at += 7;
                    break;
            }
        }

        if (plain is null)
        {
            return utf8;
        }

        plain.Write(text[copied..]);
        return plain.WrittenMemory;

        void Replace(ReadOnlySpan<byte> text, int at, int length, string mark)
        {
            plain ??= new ArrayBufferWriter<byte>(text.Length + 64);
            plain.Write(text[copied..at]);
            plain.Write(Encoding.UTF8.GetBytes(mark));
            copied = at + length;
        }
    }

    private static int EndOfString(ReadOnlySpan<byte> text, int start)
    {
        for (int at = start + 1; at < text.Length; at++)
        {
            int next = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                return text.Length;
            }

            at += next;
            if (text[at] == (byte)'"')
            {
                return at;
            }

            at++;
        }

        return text.Length;
    }

    private static JsonNode? Make(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                JsonObject fields = [];
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    fields[property.Name] = Make(property.Value);
                }

                return fields;
            case JsonValueKind.Array:
                JsonArray items = [];
                foreach (JsonElement item in element.EnumerateArray())
                {
                    items.Add(Make(item));
                }

                return items;
            case JsonValueKind.String when JsonMarshal.GetRawUtf8Value(element).Contains((byte)'\\'):
                _ = element.GetString();
                goto default;
            default:
                return JsonValue.Create(element);
        }
    }

    // The line: a line feed and the value's indentation, or null to write all in one line.
    private static void Write(JsonNode? node, StringBuilder text, string? line)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } fields:
                WriteAll(fields, ('{', '}'), text, line, (field, inner) =>
                {
                    text.Append('"').Append(JsonEncodedText.Encode(field.Key, _writing.Encoder)).Append("\": ");
                    Write(field.Value, text, inner);
                });
                break;
            case JsonArray { Count: > 0 } items:
                WriteAll(items, ('[', ']'), text, line, (item, inner) => Write(item, text, inner));
                break;
            case JsonValue value when value.NonFinite() is { } number:
                text.Append(double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
            default:
                text.Append(node?.ToJsonString(_writing) ?? "null");
                break;
        }
    }

    private static void WriteAll<T>(IEnumerable<T> items, (char Open, char Close) signs, StringBuilder text, string? line,
        Action<T, string?> write)
    {
        string? inner = line is null ? null : line + "  ";
        string before = $"{signs.Open}{inner}";
        foreach (T item in items)
        {
            text.Append(before);
            write(item, inner);
            before = $",{inner ?? " "}";
        }

        text.Append(line).Append(signs.Close);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
