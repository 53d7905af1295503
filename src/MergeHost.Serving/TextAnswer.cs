using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>An answer in the form of <c>/v1/completions</c>.</summary>
internal sealed class TextAnswer(CompletionRequest request, ILanguageModel model, string name) : Answer(request, model, name)
{
    protected override (string Prefix, string Whole, string Piece) Kind => ("cmpl", "text_completion", "text_completion");

    protected override void WriteText(Utf8JsonWriter json, int index, GeneratedText text) =>
        WritePiece(json, (Request.Echoes ? Model.Decode(Request.Prompts[index / Request.Count]) : "") + text.Text,
            [.. text.Prompt, .. text.Tokens], 0);

    protected override void WritePiece(Utf8JsonWriter json, string piece, IReadOnlyList<GeneratedToken> tokens, int offset)
    {
        json.WriteString("text", piece);
        json.WritePropertyName("logprobs");
        if (Request.TellsLikelihoods)
        {
            WriteLikelihoods(json, tokens, offset);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    protected override void WriteEnding(Utf8JsonWriter json)
    {
        json.WriteString("text", "");
        json.WriteNull("logprobs");
    }

    private void WriteLikelihoods(Utf8JsonWriter json, IReadOnlyList<GeneratedToken> tokens, int offset)
    {
        string[] names = [.. tokens.Select(token => Model.NameToken(token.Id))];
        json.WriteStartObject();
        WriteAll(json, "tokens", names, json.WriteStringValue);
        WriteAll(json, "token_logprobs", tokens, token => WriteNumber(json, token.LogLikelihood));
        WriteAll(json, "top_logprobs", tokens, token => WriteAlternatives(json, token));
        WriteAll(json, "text_offset", names, name =>
        {
            json.WriteNumberValue(offset);
            offset += name.Length;
        });
        json.WriteEndObject();
    }

    // The likeliest, and the token itself: harnesses look whether it is the best. Of tokens with one name the likelier counts.
    private void WriteAlternatives(Utf8JsonWriter json, GeneratedToken token)
    {
        if (token.LogLikelihood is not { } own)
        {
            json.WriteNullValue();
            return;
        }

        HashSet<string> names = [];
        json.WriteStartObject();
        foreach ((int id, double likelihood) in token.Alternatives.Append((token.Id, own)))
        {
            string name = Model.NameToken(id);
            if (names.Add(name))
            {
                json.WritePropertyName(name);
                WriteNumber(json, likelihood);
            }
        }

        json.WriteEndObject();
    }
}
