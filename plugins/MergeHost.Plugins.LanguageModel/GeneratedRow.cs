using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>A text that tokens are added to.</summary>
internal sealed class GeneratedRow
{
    private readonly LanguageModel _model;
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<int> _prompt;
    private readonly Random _random;
    private readonly List<GeneratedToken> _tokens = [];
    private readonly int _most;
    private readonly List<GeneratedToken> _told;
    private string _text = "";
    private bool _isEnded;

    public GeneratedRow(LanguageModel model, GenerationOptions options, IReadOnlyList<int> prompt, int index)
    {
        _model = model;
        _options = options;
        _prompt = prompt;
        _told = options.TellsPrompt ? [new GeneratedToken(prompt[0], null, [])] : [];
        _random = new Random(unchecked((int)(options.Seed + index)));
        _most = Math.Min(options.MaxTokens, model.MaxPositions - prompt.Count);
    }

    public bool IsDone => _isEnded || _tokens.Count >= _most;

    /// <summary>The tokens of prompt and addition.</summary>
    public int Length => _prompt.Count + _tokens.Count;

    /// <summary>The ids of prompt and addition.</summary>
    public IReadOnlyList<int> Ids => [.. _prompt, .. _tokens.Select(token => token.Id)];

    public int LastId => _tokens.Count > 0 ? _tokens[^1].Id : _prompt[^1];

    public GeneratedText Result => new(_told, _tokens, _text, _isEnded);

    /// <summary>Chooses the next token.</summary>
    public void Add(LikelihoodTable likelihoods, int place)
    {
        int id = _options.Temperature > 0
            ? likelihoods.Draw(place, _options.Temperature, _options.TopP, _random)
            : likelihoods.Likeliest(place);
        _tokens.Add(Tell(id, likelihoods, place));
        if (_model.EndIds.Contains(id))
        {
            _isEnded = true;
            return;
        }

        IEnumerable<int> ids = _tokens.Select(token => token.Id);
        _text = _options.DropsFirstBlank ? _model.Tokenizer.DecodeWhole(ids) : _model.Tokenizer.Decode(ids);
        int end = _options.Stop.Select(stop => _text.IndexOf(stop, StringComparison.Ordinal)).Where(found => found >= 0).DefaultIfEmpty(-1)
            .Min();
        if (end >= 0)
        {
            (_text, _isEnded) = (_text[..end], true);
        }
    }

    /// <summary>Notes how likely the prompt's tokens were.</summary>
    /// <param name="likelihoods">What places of it say of the next.</param>
    /// <param name="first">The first of these places.</param>
    /// <param name="count">How many they are.</param>
    public void TellPrompt(LikelihoodTable likelihoods, int first, int count) =>
        _told.AddRange(Enumerable.Range(0, count).Select(place => Tell(_prompt[first + place + 1], likelihoods, place)));

    private GeneratedToken Tell(int id, LikelihoodTable likelihoods, int place) =>
        new(id, likelihoods.At(place)[id], likelihoods.Likeliest(place, _options.Alternatives));
}
