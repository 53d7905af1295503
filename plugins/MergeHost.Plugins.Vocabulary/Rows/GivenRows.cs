using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Vocabulary.Tokens;

namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>What the recipe says of the rows of single tokens: mergekit's <c>tokens:</c>.</summary>
internal sealed class GivenRows
{
    private readonly Dictionary<string, (RowFill? Fill, bool IsForced)> _tokens = new(StringComparer.Ordinal);

    /// <summary>The tokens that are named.</summary>
    public IReadOnlyCollection<string> Tokens => _tokens.Keys;

    /// <summary>The row that a token gets by the recipe; <see langword="null"/> if it says nothing, or nothing that counts here.</summary>
    /// <param name="token">The token.</param>
    /// <param name="isLacking">Whether a model lacks it; a row that is not forced is for such models only.</param>
    public RowFill? Find(string token, bool isLacking) =>
        _tokens.TryGetValue(token, out (RowFill? Fill, bool IsForced) found) && (found.IsForced || isLacking) ? found.Fill : null;

    /// <summary>Whether the recipe names a token without a row for it.</summary>
    public bool IsAdded(string token) => _tokens.TryGetValue(token, out (RowFill? Fill, bool) found) && found.Fill is null;

    /// <summary>The error of a token that no model has, and that the recipe gives no row.</summary>
    public static MergeHostException WithoutSource(string token) =>
        Wrong(ErrorCodes.Missing, token, "no model has it, and the recipe gives it no row",
            "Give it a `source:`, such as `{kind: zero}`, or `{kind: model_token, model: M, token: T}` for the row of another token.");

    /// <summary>Reads them.</summary>
    /// <exception cref="MergeHostException">A source is not complete, or there is no such row; all that are wrong are reported.</exception>
    public static GivenRows Read(IReadOnlyDictionary<string, TokenOptions> tokens, AlignmentContext context,
        IReadOnlyList<ModelTokens> models, IReadOnlyList<long> rows)
    {
        GivenRows given = new();
        List<Problem> problems = [];
        foreach ((string token, TokenOptions options) in tokens)
        {
            try
            {
                given._tokens.Add(token, (FillOf(token, options), options.Force));
            }
            catch (MergeHostException exception)
            {
                problems.AddRange(exception.Problems);
            }
        }

        return problems.Count > 0 ? throw new MergeHostException(problems) : given;

        RowFill? FillOf(string token, TokenOptions options)
        {
            switch (options.Source)
            {
                case null when options.Force:
                    throw Wrong(ErrorCodes.Missing, token, "'force' is set, and 'source' is missing", "Give it a `source:`.");
                case null:
                    return null;
                case { Kind: TokenSourceKind.Zero, Model: null, Token: null, TokenId: null }:
                    return new RowFill(RowRule.GivenZero, [], options.Force);
                case { Kind: TokenSourceKind.Zero }:
                    throw Wrong(ErrorCodes.Conflict, token, "'kind: zero' goes with nothing else",
                        "Leave out the other fields of `source:`.");
                case { Kind: TokenSourceKind.ModelToken } named when (named.Token is null) == (named.TokenId is null):
                    throw Wrong(ErrorCodes.Conflict, token, "'kind: model_token' takes one of 'token' and 'token_id'",
                        "Give just one of them.");
                case { Kind: null } bare when bare.Token is not null || bare.TokenId is not null:
                    throw Wrong(ErrorCodes.Missing, token, "'source' names a token, and 'kind' is missing", "Add `kind: model_token`.");
                case { Model: null }:
                    throw Wrong(ErrorCodes.Missing, token, "'source' names no model", "Add `model:`.");
                default:
                    return new RowFill(RowRule.Given, [PlaceOf(token, options.Source)], options.Force);
            }
        }

        RowPlace PlaceOf(string token, TokenSource source)
        {
            int model = context.Find(source.Model!) is { } found ? context.Models.ToList().IndexOf(found) : -1;
            if (model < 0)
            {
                throw Wrong(ErrorCodes.ModelNotFound, token,
                    $"its source '{source.Model}' takes no part in the merge, so that it gives no rows",
                    $"Name one of {string.Join(", ", context.Models.Select(other => $"'{other.Name}'"))}.");
            }

            string name = source.Token ?? token;
            int row = source.TokenId ?? models[model].IdOf(name);
            return row < 0
                ? throw Wrong(ErrorCodes.ValueOutOfRange, token, $"'{source.Model}' has no token '{CheckpointException.Printable(name)}'",
                    "Name a token that the model has.")
                : row >= rows[model]
                    ? throw Wrong(ErrorCodes.ValueOutOfRange, token,
                        $"row {row} of '{source.Model}' is asked for, which has {rows[model]} rows", "Name a row that the model has.")
                : new RowPlace(model, row);
        }
    }

    private static MergeHostException Wrong(ErrorCode code, string token, string reason, string hint) =>
        new([new Problem(code, $"token '{CheckpointException.Printable(token)}': {reason}", hint)]);
}
