namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>The tokens that the output has.</summary>
/// <remarks>
/// The owner's keep their ids; then come the pieces of the other models, in the order of the recipe and each by its own ids; then their
/// added tokens in the same way; then those that the recipe adds. Tokens without a row in their model's embedding are left out.
/// </remarks>
internal sealed class OutputVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<StoredToken> _added = [];
    private readonly List<TokenPiece> _newPieces = [];
    private readonly List<StoredToken> _newAdded = [];
    private readonly List<(string Model, StoredToken Token)> _otherwise = [];
    private readonly HashSet<string> _left;
    private readonly long _rows;
    private int _next;

    private OutputVocabulary(ModelTokens owner, long rows)
    {
        Owner = owner;
        _rows = rows;
        foreach ((string text, int id) in owner.Ids.Where(token => token.Value < rows))
        {
            _ids.Add(text, id);
        }

        _added.AddRange(owner.Added.Where(token => token.Id < rows));
        _left = [.. owner.Ids.Where(token => token.Value >= rows).Select(token => token.Key)];
        _next = _ids.Count == 0 ? 0 : _ids.Values.Max() + 1;
    }

    /// <summary>The model whose tokenizer it begins with.</summary>
    public ModelTokens Owner { get; }

    /// <summary>The tokens of the owner that have no row, and are left out.</summary>
    public IReadOnlySet<string> Left => _left;

    /// <summary>Every token with its id.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>How many ids there are: one more than the largest.</summary>
    public int Count => _next;

    /// <summary>The added tokens, by id.</summary>
    public IReadOnlyList<StoredToken> Added => [.. _added.OrderBy(token => token.Id)];

    /// <summary>The pieces that the owner lacks, with their ids here.</summary>
    public IReadOnlyList<TokenPiece> NewPieces => _newPieces;

    /// <summary>The added tokens that the owner lacks, or has as pieces only.</summary>
    public IReadOnlyList<StoredToken> NewAdded => _newAdded;

    /// <summary>Added tokens that a model has with other settings than the output.</summary>
    public IReadOnlyList<(string Model, StoredToken Token)> Otherwise => _otherwise;

    /// <summary>The models whose pieces were taken in after the owner's.</summary>
    public IReadOnlyList<ModelTokens> Others { get; private set; } = [];

    /// <summary>Whether the owner's files are not enough to say it.</summary>
    public bool IsChanged => _newPieces.Count > 0 || _newAdded.Count > 0 || Left.Count > 0 || Owner.HasTokensBeside;

    /// <summary>The tokens of one model.</summary>
    /// <param name="owner">The model.</param>
    /// <param name="rows">How many rows its embedding has.</param>
    public static OutputVocabulary Of(ModelTokens owner, long rows) => new(owner, rows);

    /// <summary>Takes the tokens of other models in.</summary>
    /// <param name="others">The models in the order of the recipe, with the rows of their embeddings.</param>
    public void Join(IReadOnlyList<(ModelTokens Tokens, long Rows)> others)
    {
        Others = [.. others.Select(other => other.Tokens)];
        foreach ((ModelTokens tokens, long rows) in others)
        {
            HashSet<string> added = [.. tokens.Added.Select(token => token.Content)];
            foreach (TokenPiece piece in tokens.Pieces.Where(piece => piece.Id < rows && !added.Contains(piece.Text) && !Has(piece.Text)))
            {
                _newPieces.Add(piece with { Id = _next });
                _ids.Add(piece.Text, _next++);
            }
        }

        foreach ((ModelTokens tokens, long rows) in others)
        {
            foreach (StoredToken token in tokens.Added.Where(token => token.Id < rows))
            {
                Join(tokens.Name, token);
            }
        }
    }

    /// <summary>Adds a token as plain text, unless it is there.</summary>
    public void Add(string token)
    {
        if (!Has(token))
        {
            AddNew(new StoredToken(token, _next));
            _ids.Add(token, _next++);
        }
    }

    // What the owner spells in another way it has.
    private bool Has(string token) => _ids.ContainsKey(token) || (Owner.IdOf(token) is >= 0 and int id && id < _rows);

    private void Join(string model, StoredToken token)
    {
        StoredToken? known = _added.Find(other => other.Content == token.Content);
        if (known is not null)
        {
            if (known != token with { Id = known.Id })
            {
                _otherwise.Add((model, token));
            }

            return;
        }

        if (!_ids.TryGetValue(token.Content, out int id))
        {
            _ids.Add(token.Content, id = _next++);
        }

        AddNew(token with { Id = id });
    }

    private void AddNew(StoredToken token)
    {
        _added.Add(token);
        _newAdded.Add(token);
    }
}
