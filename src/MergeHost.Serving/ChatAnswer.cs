using System.Globalization;
using System.Text;
using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>An answer in the form of <c>/v1/chat/completions</c>.</summary>
internal sealed class ChatAnswer(CompletionRequest request, ILanguageModel model, string name) : Answer(request, model, name)
{
    // How the name of a token begins that is a part of a letter.
    private const string Bytes = "bytes:";

    protected override (string Prefix, string Whole, string Piece) Kind => ("chatcmpl", "chat.completion", "chat.completion.chunk");

    public override IEnumerable<ReadOnlyMemory<byte>> Beginning(int index) =>
        [Piece(index, null, json => WriteDelta(json, "", [], isFirst: true))];

    protected override void WriteText(Utf8JsonWriter json, int index, GeneratedText text)
    {
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", text.Text);
        json.WriteEndObject();
        WriteLikelihoods(json, text.Tokens);
    }

    protected override void WritePiece(Utf8JsonWriter json, string piece, IReadOnlyList<GeneratedToken> tokens, int offset) =>
        WriteDelta(json, piece, tokens);

    protected override void WriteEnding(Utf8JsonWriter json) => WriteDelta(json, null, []);

    private void WriteDelta(Utf8JsonWriter json, string? piece, IReadOnlyList<GeneratedToken> tokens, bool isFirst = false)
    {
        json.WriteStartObject("delta");
        if (isFirst)
        {
            json.WriteString("role", "assistant");
        }

        if (piece is not null)
        {
            json.WriteString("content", piece);
        }

        json.WriteEndObject();
        WriteLikelihoods(json, tokens);
    }

    private void WriteLikelihoods(Utf8JsonWriter json, IReadOnlyList<GeneratedToken> tokens)
    {
        if (!Request.TellsLikelihoods || tokens.Count == 0)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        WriteAll(json, "content", tokens, token =>
        {
            json.WriteStartObject();
            WriteToken(json, token.Id, token.LogLikelihood);
            WriteAll(json, "top_logprobs", token.Alternatives, other =>
            {
                json.WriteStartObject();
                WriteToken(json, other.Id, other.LogLikelihood);
                json.WriteEndObject();
            });
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private void WriteToken(Utf8JsonWriter json, int id, double? likelihood)
    {
        string name = Model.NameToken(id);
        json.WriteString("token", name);
        json.WritePropertyName("logprob");
        WriteNumber(json, likelihood);
        WriteAll(json, "bytes", BytesOf(name), value => json.WriteNumberValue(value));
    }

    private static byte[] BytesOf(string name) => name.StartsWith(Bytes + @"\x", StringComparison.Ordinal)
        ? [.. name[Bytes.Length..].Split(@"\x").Skip(1)
            .Select(hex => byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]
        : Encoding.UTF8.GetBytes(name);
}
