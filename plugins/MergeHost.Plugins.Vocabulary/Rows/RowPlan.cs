using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MergeHost.Plugins.Vocabulary.Tokens;

namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>Where each row of each model's tensor comes from.</summary>
internal sealed class RowPlan
{
    private readonly int[][] _own;
    private readonly RowFill?[] _fills;

    private RowPlan(int[][] own, RowFill?[] fills, int rows)
    {
        _own = own;
        _fills = fills;
        Rows = rows;
    }

    /// <summary>How many rows tokens have; those behind are padding.</summary>
    public int ModelRows => _fills.Length;

    /// <summary>How many rows there are.</summary>
    public int Rows { get; }

    /// <summary>The fill of a token's row; <see langword="null"/> where every model has its own.</summary>
    public RowFill? Fill(int id) => _fills[id];

    /// <summary>The row that a model has of its own for a token; -1 if it lacks it.</summary>
    public int Own(int model, int id) => _own[model][id];

    /// <summary>Whether any model gets a row whose numbers are not simply those of one that is stored.</summary>
    public bool MakesRows => Rows > ModelRows || Array.Exists(_fills, fill => fill?.IsMade == true);

    /// <summary>A hash of all of it, in hexadecimal digits.</summary>
    public string Digest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int[] own in _own)
        {
            hash.AppendData(MemoryMarshal.AsBytes(own.AsSpan()));
        }

        foreach (RowFill fill in _fills.OfType<RowFill>())
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{fill.Rule} {fill.IsForced} {string.Join(' ', fill.Rows)}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a model's tensor stays as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stored">How many rows it has stored.</param>
    public bool IsIdentity(int model, long stored) => stored == Rows && ModelRows == Rows
        && _own[model].Index().All(row => row.Item == row.Index && _fills[row.Index]?.IsForced != true);

    /// <summary>Plans the rows.</summary>
    /// <param name="vocabulary">The tokens of the output.</param>
    /// <param name="models">The tokens of each model.</param>
    /// <param name="stored">How many rows each model has stored; none for a model that lacks the tensor.</param>
    /// <param name="base">The base's place among the models, or -1.</param>
    /// <param name="given">What the recipe says of single tokens.</param>
    /// <param name="rows">How many rows there are to be.</param>
    /// <exception cref="MergeHostException">A token that the recipe adds would have no row.</exception>
    public static RowPlan Make(
        OutputVocabulary vocabulary, IReadOnlyList<ModelTokens> models, IReadOnlyList<long> stored, int @base, GivenRows given, int rows)
    {
        int[][] own = [.. models.Select(_ => Enumerable.Repeat(-1, vocabulary.Count).ToArray())];
        RowFill?[] fills = new RowFill?[vocabulary.Count];
        Array.Fill(fills, new RowFill(RowRule.Hole, []));
        foreach ((string token, int id) in vocabulary.Ids)
        {
            List<RowPlace> having = [];
            for (int model = 0; model < models.Count; model++)
            {
                int row = models[model].IdOf(token);
                if (row >= 0 && row < stored[model])
                {
                    own[model][id] = row;
                    having.Add(new RowPlace(model, row));
                }
            }

            fills[id] = FillOf(token, having, stored.Count(count => count > 0), @base, given);
        }

        return new RowPlan(own, fills, rows);
    }

    private static RowFill? FillOf(string token, List<RowPlace> having, int models, int @base, GivenRows given)
    {
        if (given.Find(token, isLacking: having.Count < models) is { } asked)
        {
            return asked;
        }

        if (having.Count == models)
        {
            return null;
        }

        if (having.Count == 0 && given.IsAdded(token))
        {
            throw GivenRows.WithoutSource(token);
        }

        int ofBase = having.FindIndex(place => place.Model == @base);
        return having.Count == 0 ? new RowFill(RowRule.Zero, [])
            : having.Count == 1 ? new RowFill(RowRule.OnlyOwner, having)
            : ofBase >= 0 ? new RowFill(RowRule.Base, [having[ofBase]])
            : new RowFill(RowRule.MeanOfOwners, having);
    }
}
