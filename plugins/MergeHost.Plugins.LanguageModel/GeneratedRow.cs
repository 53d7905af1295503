namespace MergeHost.Plugins.LanguageModel;

/// <summary>A text that tokens are added to.</summary>
internal sealed class GeneratedRow
{
    private readonly LanguageModel _model;
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<int> _prompt;
    private readonly Random _random;
    private readonly List<ToldToken> _tokens = [];
    private readonly int _most;
    private IReadOnlyList<ToldToken> _told = [];
    private string _text = "";
    private bool _isEnded;

    public GeneratedRow(LanguageModel model, GenerationOptions options, IReadOnlyList<int> prompt, int row)
    {
        _model = model;
        _options = options;
        _prompt = prompt;
        _random = new Random(unchecked((int)(options.Seed + row)));
        _most = Math.Min(options.MaxTokens, model.MaxPositions - prompt.Count);
    }

    public bool IsDone => _isEnded || _tokens.Count >= _most;

    /// <summary>The tokens of prompt and addition.</summary>
    public int Length => _prompt.Count + _tokens.Count;

    public int LastId => _tokens.Count > 0 ? _tokens[^1].Id : _prompt[^1];

    public GeneratedText Result => new(_told, _tokens, _text, _isEnded);

    /// <summary>Chooses the next token.</summary>
    public void Add(LikelihoodTable likelihoods, int place)
    {
        int id = _options.Temperature > 0 ? likelihoods.Draw(place, _options.Temperature, _options.TopP, _random) : likelihoods.Likeliest(place);
        if (_model.EndIds.Contains(id))
        {
            _isEnded = true;
            return;
        }

        _tokens.Add(Tell(id, likelihoods, place));
        _text = _model.Tokenizer.Decode(_tokens.Select(token => token.Id));
        int end = _options.Stop.Select(stop => _text.IndexOf(stop, StringComparison.Ordinal)).Where(found => found >= 0).DefaultIfEmpty(-1).Min();
        if (end >= 0)
        {
            (_text, _isEnded) = (_text[..end], true);
        }
    }

    /// <summary>Notes how likely the prompt's tokens were.</summary>
    /// <param name="likelihoods">What each of its places says of the next.</param>
    public void TellPrompt(LikelihoodTable likelihoods) =>
        _told = [new ToldToken(_prompt[0], null, []), .. Enumerable.Range(1, _prompt.Count - 1).Select(place => Tell(_prompt[place], likelihoods, place - 1))];

    private ToldToken Tell(int id, LikelihoodTable likelihoods, int place) =>
        new(id, likelihoods.At(place)[id], likelihoods.Likeliest(place, _options.Alternatives));
}
