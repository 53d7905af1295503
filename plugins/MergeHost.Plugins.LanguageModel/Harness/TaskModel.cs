using MergeHost.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>Asks a model as lm-evaluation-harness does: where context and continuation meet, what is cut, what begins a text.</summary>
internal sealed class TaskModel
{
    private readonly LanguageModel _model;
    private readonly SpecialTokens _special;
    private readonly LmEvalOptions _options;
    private readonly bool _begins;
    private readonly int _length;

    public TaskModel(LanguageModel model, SpecialTokens special, LmEvalOptions options)
    {
        (_model, _special, _options) = (model, special, options);
        _begins = options.AddBosToken ?? model.Tokenizer.BeginId is not null;
        _length = Math.Min(options.MaxLength ?? model.MaxPositions, model.MaxPositions);
    }

    /// <summary>How many requests were longer than the model reads, and lost their beginning.</summary>
    public int CutCount { get; private set; }

    /// <summary>Whether an answer lost the blank that it began with.</summary>
    public bool HasLostBlank { get; private set; }

    /// <summary>The sums of log-likelihoods of continuations, with whether each is what the model would write.</summary>
    /// <param name="requests">Contexts with continuations.</param>
    /// <param name="refuse">Makes what is thrown of a request's number and a reason.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    public IReadOnlyList<(double Sum, bool IsGreedy)> Score(IReadOnlyList<TaskRequest> requests,
        Func<int, string, MergeHostException> refuse, BenchmarkContext context) =>
        Score([.. requests.Select((request, index) => Cut(Split(request, index, refuse), index, refuse))], context);

    /// <summary>The log-likelihoods of whole texts, each token given as much before it as the model reads.</summary>
    public IReadOnlyList<double> ScoreWhole(IReadOnlyList<string> texts, Func<int, string, MergeHostException> refuse,
        BenchmarkContext context)
    {
        List<(IReadOnlyList<int> Before, IReadOnlyList<int> After)> windows = [];
        List<int> counts = [];
        foreach ((int index, string text) in texts.Index())
        {
            int before = windows.Count;
            int begin = _special.BeginId ?? throw refuse(index, "the model has no token that begins a text");

            // The harness scores the BOS that the tokenizer adds, too.
            IReadOnlyList<int> ids = Encode(text, _begins && _options.Quirks);
            for (int start = 0; start < ids.Count; start += _length)
            {
                int end = Math.Min(start + _length, ids.Count);
                int low = Math.Max(0, end - _length - 1);
                windows.Add(start == 0 ? ([begin], Part(ids, 0, end)) : (Part(ids, low, start), Part(ids, start, end)));
            }

            counts.Add(windows.Count - before);
        }

        Queue<(double Sum, bool IsGreedy)> sums = new(Score(windows, context));
        return counts.ConvertAll(count => Enumerable.Range(0, count).Sum(_ => sums.Dequeue().Sum));
    }

    /// <summary>What the model writes after contexts.</summary>
    public IReadOnlyList<string> Write(IReadOnlyList<string> contexts, TaskGeneration generation, long seed, BenchmarkContext context)
    {
        List<IReadOnlyList<int>> prompts = [.. contexts.Select(text =>
        {
            IReadOnlyList<int> ids = Encode(text, Begins(text));
            int room = _length - generation.MaxTokens;
            CutCount += ids.Count > room ? 1 : 0;
            return ids.Count == 0 && _special.BeginId is { } begin ? [begin] : Part(ids, Math.Max(0, ids.Count - room), ids.Count);
        })];
        GenerationOptions options = new()
        {
            MaxTokens = generation.MaxTokens,
            Stop = generation.Until,
            DropsFirstBlank = _options.Quirks,
            Temperature = generation.Temperature,
            TopP = generation.TopP,
            Seed = seed,
        };
        return [.. _model.Generate(prompts, options, context).Select(text => Cut(text, generation))];
    }

    // Each text ends its answer in turn, and so does EOS where it is written out.
    private string Cut(GeneratedText generated, TaskGeneration generation)
    {
        string written = _model.Tokenizer.Decode(generated.Tokens.Select(token => token.Id));
        string text = _options.Quirks ? _model.Tokenizer.WithoutPrefix(written) : written;
        HasLostBlank |= text.Length < written.Length;
        foreach (string stop in generation.Until.Append(_special.EndName).OfType<string>().Where(stop => stop.Length > 0))
        {
            int place = text.IndexOf(stop, StringComparison.Ordinal);
            text = place < 0 ? text : text[..place];
        }

        return text;
    }

    private bool Begins(string text) => _begins && !(_special.BeginName is { } name && text.StartsWith(name, StringComparison.Ordinal));

    private IReadOnlyList<int> Encode(string text, bool begins) =>
        begins && _special.BeginId is { } begin ? [begin, .. _model.Tokenizer.Encode(text)] : _model.Tokenizer.Encode(text);

    private (IReadOnlyList<int> Before, IReadOnlyList<int> After) Split(TaskRequest request, int index,
        Func<int, string, MergeHostException> refuse)
    {
        string continuation = request.Continuation!;
        if (request.Context.Length == 0)
        {
            int begin = _special.BeginId ?? throw refuse(index, "the prompt is empty, and the model has no token that begins a text");
            IReadOnlyList<int> ids = _model.Tokenizer.Encode(continuation);
            return ids.Count == 0 ? throw refuse(index, $"'{continuation}' has no token")
                : ids[0] != begin ? ([begin], ids)
                : ids.Count > 1 ? (Part(ids, 0, 1), Part(ids, 1, ids.Count))
                : throw refuse(index, $"'{continuation}' has no token after the one that begins it");
        }

        // White space at the end belongs to the continuation: tokens have theirs in front.
        string context = PythonText.Strip(request.Context, atStart: false);
        string whole = request.Context + continuation;
        IReadOnlyList<int> before = Encode(context, Begins(context));
        IReadOnlyList<int> both = Encode(whole, Begins(whole));
        IReadOnlyList<int> after = Part(both, Math.Min(before.Count, both.Count), both.Count);
        if (after.Count == 0 && !_options.Quirks)
        {
            after = _model.Tokenizer.Encode(continuation);
        }

        return after.Count == 0
            ? throw refuse(index, $"'{continuation}' has no token of its own after '…{context[Math.Max(0, context.Length - 30)..]}'")
            : before.Count == 0
                ? (_special.BeginId is { } start ? ([start], after) : throw refuse(index, "the prompt has no token"))
                : (before, after);
    }

    // The last tokens are kept, one more than the model reads: the last is scored, not read.
    private (IReadOnlyList<int> Before, IReadOnlyList<int> After) Cut((IReadOnlyList<int> Before, IReadOnlyList<int> After) ids, int index,
        Func<int, string, MergeHostException> refuse)
    {
        if (ids.After.Count > _length)
        {
            throw refuse(index, $"{ids.After.Count} tokens are scored, more than the {_length} that the model reads");
        }

        int extra = ids.Before.Count + ids.After.Count - (_length + 1);
        CutCount += extra > 0 ? 1 : 0;
        return extra > 0 ? (Part(ids.Before, extra, ids.Before.Count), ids.After) : ids;
    }

    // Continuations of the same tokens are scored together.
    private (double Sum, bool IsGreedy)[] Score(List<(IReadOnlyList<int> Before, IReadOnlyList<int> After)> requests,
        BenchmarkContext context)
    {
        (double Sum, bool IsGreedy)[] results = new (double, bool)[requests.Count];
        List<IGrouping<string, (int Index, (IReadOnlyList<int> Before, IReadOnlyList<int> After) Item)>> groups =
            [.. requests.Index().GroupBy(request => string.Join(',', request.Item.Before))];
        List<ScoredPrompt> prompts = [.. groups.Select(group => new ScoredPrompt(group.First().Item.Before,
            [.. group.Select(request => request.Item.After)]))];
        if (prompts.Count == 0)
        {
            return results;
        }

        foreach ((IGrouping<string, (int Index, (IReadOnlyList<int> Before, IReadOnlyList<int> After) Item)> group,
            TokenScore[][] scores) in groups.Zip(_model.Score(prompts, context)))
        {
            foreach (((int index, _), TokenScore[] tokens) in group.Zip(scores))
            {
                results[index] = (tokens.Sum(token => token.LogLikelihood), tokens.All(token => token.IsLikeliest));
            }
        }

        return results;
    }

    private static IReadOnlyList<int> Part(IReadOnlyList<int> ids, int first, int end) => [.. ids.Skip(first).Take(end - first)];
}
