using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Vocabulary.Rows;
using MergeHost.Plugins.Vocabulary.Tokens;

namespace MergeHost.Plugins.Vocabulary.Reports;

/// <summary>What became of the tokens.</summary>
/// <param name="source">Whose tokens the output has, as the recipe says it.</param>
/// <param name="vocabulary">The tokens of the output.</param>
/// <param name="models">The tokens of each model.</param>
/// <param name="stored">The rows of each model's embedding.</param>
/// <param name="ownerRows">The rows of the embedding of the tokenizer's owner.</param>
/// <param name="plan">Where the embedding's rows come from; <see langword="null"/> without one.</param>
/// <param name="roundTrip">How texts are tokenized before and after.</param>
internal sealed class VocabularyReport(
    string source, OutputVocabulary vocabulary, IReadOnlyList<ModelTokens> models, IReadOnlyList<long> stored, long ownerRows,
    RowPlan? plan, RoundTrip roundTrip)
{
    // Names of tokens beyond this are only counted.
    private const int MostNames = 1000;

    private readonly (string Token, int Id)[] _tokens = [.. vocabulary.Ids.OrderBy(token => token.Value)
        .Select(token => (token.Key, token.Value))];

    /// <summary>The report for people.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            List<string> lines = [Invariant($"{_tokens.Length:N0} tokens ({source}; {Shared:N0} that all models have) in {Rows:N0} rows")];
            lines.AddRange(models.Select((model, index) => (model.Name, Moved: Moved(index))).Where(model => model.Moved > 0)
                .Select(model => Invariant($"{model.Name}: {model.Moved:N0} tokens move to other ids")));
            if (Added.Length > 0)
            {
                lines.Add(Invariant($"{Added.Length:N0} tokens are added to those of {vocabulary.Owner.Name}: {Some(Added)}"));
            }

            lines.AddRange(Filled.Select(group => Invariant($"{group.Tokens.Length:N0} filled by {group.Rule}: {Some(group.Tokens)}")));
            lines.AddRange(LeftOut.Select(left =>
                Invariant($"{left.Tokens.Length:N0} of {left.Model} left out, as they have no row: {Some(left.Tokens)}")));
            lines.Add(roundTrip.Reason is { } reason ? $"round trip not measured: {reason}"
                : Invariant($"round trip: {roundTrip.Changed} of {roundTrip.Documents} texts get other ids")
                    + (roundTrip.Unreached > 0 ? Invariant($"; {roundTrip.Unreached:N0} new pieces are never reached") : ""));
            return lines;
        }
    }

    private int Rows => plan?.Rows ?? vocabulary.Count;

    private int Shared =>
        _tokens.Count(token => plan is not null && plan.Fill(token.Id) is null or { IsForced: true }
            && models.All(model => model.IdOf(token.Token) >= 0));

    private string[] Added => [.. _tokens.Where(token => !vocabulary.Owner.Ids.ContainsKey(token.Token)).Select(token => token.Token)];

    private (string Rule, string[] Tokens)[] Filled => plan is null ? [] :
    [
        .. _tokens.Where(token => plan.Fill(token.Id) is not null).GroupBy(token => plan.Fill(token.Id)!.Rule).OrderBy(group => group.Key)
            .Select(group => (JsonNamingPolicy.SnakeCaseLower.ConvertName($"{group.Key}"), group.Select(token => token.Token).ToArray())),
    ];

    private (string Model, string[] Tokens)[] LeftOut =>
    [
        .. models.Zip(stored).Where(model => model.Second > 0)
            .Select(model => (model.First.Name,
                model.First.Ids.Where(token => token.Value >= model.Second).OrderBy(token => token.Value).Select(token => token.Key)
                    .ToArray()))
            .Where(model => model.Item2.Length > 0),
    ];

    /// <summary>Warns of what makes the output odd.</summary>
    public void Warn(AlignmentContext context)
    {
        foreach ((string rule, string[] tokens) in Filled)
        {
            if (rule == "zero")
            {
                context.Warn(new Problem(ErrorCodes.VocabularyMismatch,
                    $"no model has a row for {Some(tokens)}: it is zero, which in a head is more than most others",
                    "Give such tokens rows under `tokens:`, or take another `source:`."));
            }
        }

        foreach ((string model, string[] tokens) in LeftOut)
        {
            context.Warn(new Problem(ErrorCodes.VocabularyMismatch,
                $"'{model}' has no rows for its tokens {Some(tokens)}, so they are left out"));
        }

        foreach ((string model, StoredToken token) in vocabulary.Otherwise)
        {
            context.Warn(new Problem(ErrorCodes.VocabularyMismatch,
                $"'{model}' has token '{CheckpointException.Printable(token.Content)}' with other settings than the model whose token the "
                    + "output gets"));
        }

        if (plan is not null && plan.Rows < ownerRows && ownerRows < long.MaxValue)
        {
            context.Warn(new Problem(ErrorCodes.VocabularyMismatch,
                Invariant($"the output has {plan.Rows:N0} rows, '{vocabulary.Owner.Name}' has {ownerRows:N0}"),
                "Set `keep_rows: true` to keep its number of rows, or `pad_to_multiple_of:`."));
        }
    }

    /// <summary>The report in full.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = new()
        {
            ["source"] = source,
            ["owner"] = vocabulary.Owner.Name,
            ["tokens"] = _tokens.Length,
            ["rows"] = Rows,
            ["shared"] = Shared,
            ["moved"] = new JsonObject(models.Select((model, index) => KeyValuePair.Create(model.Name, (JsonNode?)Moved(index)))),
            ["added"] = Names(Added),
            ["filled"] = new JsonObject(Filled.Select(group => KeyValuePair.Create(group.Rule, (JsonNode?)Names(group.Tokens)))),
            ["left_out"] = new JsonObject(LeftOut.Select(left => KeyValuePair.Create(left.Model, (JsonNode?)Names(left.Tokens)))),
        };
        json["round_trip"] = roundTrip.Reason is { } reason ? new JsonObject { ["not_measured"] = reason } : new JsonObject
        {
            ["documents"] = roundTrip.Documents,
            ["changed"] = roundTrip.Changed,
            ["share_changed"] = Math.Round((double)roundTrip.Changed / Math.Max(1, roundTrip.Documents), 4),
            ["retokenized"] = roundTrip.Retokenized,
            ["unreached_pieces"] = roundTrip.Unreached,
        };
        return json;
    }

    private int Moved(int model) =>
        _tokens.Count(token => plan is not null && plan.Own(model, token.Id) is >= 0 and int own && own != token.Id);

    private static JsonObject Names(string[] tokens) => new()
    {
        ["count"] = tokens.Length,
        ["tokens"] = new JsonArray([.. tokens.Take(MostNames).Select(token => (JsonNode?)JsonValue.Create(token))]),
    };

    private static string Some(string[] tokens) =>
        string.Join(", ", tokens.Take(5).Select(token => $"'{CheckpointException.Printable(token)}'")) + (tokens.Length > 5
            ? Invariant($" and {tokens.Length - 5:N0} more")
            : "");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
