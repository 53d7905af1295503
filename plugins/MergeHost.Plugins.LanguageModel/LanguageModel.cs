using MergeHost.Algebra;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Models;
using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Runtimes;
using MergeHost.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>A model with its tokenizer: tells how likely it holds tokens to be, and goes on with texts.</summary>
internal sealed class LanguageModel : IDisposable
{
    /// <summary>The most logits that are held in memory at once.</summary>
    public const long LogitsAtOnce = 1 << 24;

    // Of a batch, padding included.
    private const int BatchTokens = 1024;

    // Beginnings that are shared by all prompts, such as examples, are read once if they are longer.
    private const int SharedTokens = 16;

    private readonly DecoderModel _model;

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="MergeHostException">The model or its tokenizer is of a kind that is not known here.</exception>
    public LanguageModel(ICheckpointReader checkpoint, Device device, ScalarType type)
    {
        Tokenizer = TokenizerReader.Read(checkpoint.Companions);
        EndIds = EndTokens.Find(checkpoint.Companions);
        _model = new DecoderModel(checkpoint, device, type);
    }

    public TextTokenizer Tokenizer { get; }

    /// <summary>The ids that end a text; may be empty.</summary>
    public IReadOnlySet<int> EndIds { get; }

    /// <summary>The longest context that the model was made for, in tokens.</summary>
    public int MaxPositions => _model.Config.MaxPositions;

    /// <inheritdoc cref="IObservableModel.LayerCount"/>
    public int LayerCount => _model.Config.Layers.Count;

    /// <inheritdoc cref="IObservableModel.HiddenSize"/>
    public int HiddenSize => _model.Config.HiddenSize;

    /// <summary>How many ids there are.</summary>
    public int VocabularySize => _model.Config.VocabularySize;

    /// <summary>The ids of a text that the model is to go on with; of one that leaves no room for the answer the last.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="maxTokens">How many tokens the answer may have.</param>
    /// <param name="refuse">Makes what is thrown of why it cannot.</param>
    /// <returns>The ids, and whether some were cut off in front, as lm-evaluation-harness does.</returns>
    public (IReadOnlyList<int> Ids, bool IsCut) EncodePrompt(string prompt, int maxTokens, Func<string, MergeHostException> refuse)
    {
        IReadOnlyList<int> ids = Tokenizer.EncodeWhole(prompt);
        int room = MaxPositions - maxTokens;
        return ids.Count == 0 ? throw refuse("the prompt is empty, and the model's texts do not begin with BOS")
            : room < 1
                ? throw refuse(
                    $"an answer of up to {maxTokens} tokens leaves no room for a prompt in the {MaxPositions} that the model was made for")
            : ids.Count > room ? ([.. ids.Skip(ids.Count - room)], true)
            : (ids, false);
    }

    /// <summary>The log-likelihoods of the continuations' tokens in nats, each given all before it.</summary>
    /// <param name="prompts">The prompts with their continuations; those of like length are computed together.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    /// <returns>For each prompt and each of its continuations one number a token.</returns>
    public IReadOnlyList<TokenScore[][]> Score(IReadOnlyList<ScoredPrompt> prompts, BenchmarkContext context)
    {
        TokenScore[][][] results = [.. prompts.Select(prompt => new TokenScore[prompt.Continuations.Count][])];
        int shared = SharedLength(prompts);

        // A text whose rotations depend on its length shares no beginning and no row with a shorter one.
        int packed = BatchTokens;
        if (_model.Config.SteadyLength is { } steady)
        {
            packed = Math.Min(packed, steady);
            shared = prompts.All(prompt => prompt.Ids.Count + prompt.Continuations.Max(ids => ids.Count) <= packed) ? shared : 0;
        }

        using KeyValueCache beginning = new();
        if (shared > 0)
        {
            Read(prompts[0].Ids.Take(shared), beginning);
        }

        IEnumerable<ScoredRow> rows = prompts.SelectMany((prompt,
            index) => ScoredRow.Of(index, prompt with { Ids = [.. prompt.Ids.Skip(shared)] }, packed));
        ModelBatches.Run(rows, row => row.Width, BatchTokens, _model.Device,
            batch => Score(new ScoredBatch(batch, shared), beginning, results), context);
        return results;
    }

    /// <summary>Goes on with texts.</summary>
    /// <param name="prompts">The ids of each, at least one and fewer than <see cref="MaxPositions"/>.</param>
    /// <param name="options">How, and how far.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    /// <param name="observer">Shown each text after each of its tokens.</param>
    /// <returns>What comes after each prompt.</returns>
    public IReadOnlyList<GeneratedText> Generate(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, BenchmarkContext context, GenerationObserver? observer = null)
    {
        GeneratedText[] results = new GeneratedText[prompts.Count];
        ModelBatches.Run(
            prompts.Index(), prompt => prompt.Item.Count, BatchTokens, _model.Device,
            batch =>
            {
                IReadOnlyList<GeneratedText> texts = new TextGenerator(this, _model, options, observer).Run(batch, context.Cancellation);
                foreach (((int index, _), GeneratedText text) in batch.Zip(texts))
                {
                    results[index] = text;
                }
            },
            context);
        return results;
    }

    /// <inheritdoc cref="IObservableModel.Observe"/>
    public void Observe(IReadOnlyList<IReadOnlyList<int>> texts, ModelState state, StateObserver observer, CancellationToken cancellation)
    {
        using IDisposable inference = inference_mode();
        foreach ((int text, IReadOnlyList<int> ids) in texts.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            _model.States(RowOf(ids), observer: Show);

            void Show(int layer, ModelState shown, Tensor states)
            {
                if (shown == state)
                {
                    observer(text, layer,
                        new Matrix<float>(ids.Count, HiddenSize, states.to(float32).cpu().contiguous().data<float>().ToArray()));
                }
            }
        }
    }

    /// <inheritdoc cref="IObservableModel.ObserveInputs"/>
    public void ObserveInputs(IReadOnlyList<IReadOnlyList<int>> texts, InputObserver observer, CancellationToken cancellation)
    {
        using IDisposable inference = inference_mode();
        foreach (IReadOnlyList<int> ids in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            _model.Inputs.Observe(observer, () => _model.States(RowOf(ids)));
        }
    }

    public void Dispose() => _model.Dispose();

    // The last token of each prompt is left to its own row: its state tells what comes next.
    private static int SharedLength(IReadOnlyList<ScoredPrompt> prompts)
    {
        int length = prompts.Min(prompt => prompt.Ids.Count) - 1;
        foreach (ScoredPrompt prompt in prompts)
        {
            length = Enumerable.Range(0, length).TakeWhile(place => prompt.Ids[place] == prompts[0].Ids[place]).Count();
        }

        return prompts.Count > 1 && length > SharedTokens ? length : 0;
    }

    private void Read(IEnumerable<int> ids, KeyValueCache cache)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        _model.States(RowOf(ids), cache);
    }

    private TokenRows RowOf(IEnumerable<int> ids) => new(tensor([.. ids.Select(id => (long)id)], device: _model.Device).unsqueeze(0));

    private void Score(ScoredBatch batch, KeyValueCache beginning, TokenScore[][][] results)
    {
        using KeyValueCache? cache = beginning.Rows is null ? null : beginning.Fork();
        Tensor states = _model.States(batch.Tokens(_model.Device, tellsPlaces: _model.Config.SteadyLength is not null), cache);
        TokenScore[] found = Scores(states.view(-1, states.shape[^1]).index_select(0, batch.Places(_model.Device)), batch.Targets);
        int taken = 0;
        foreach (ScoredRow row in batch.Rows)
        {
            foreach ((int index, IReadOnlyList<int> continuation) in row.Continuations.Index())
            {
                results[row.Index][row.First + index] = found[taken..(taken + continuation.Count)];
                taken += continuation.Count;
            }
        }
    }

    // Logits of many places and a large vocabulary would not fit into memory at once.
    private TokenScore[] Scores(Tensor states, List<long> targets)
    {
        List<TokenScore> found = new(targets.Count);
        int step = (int)Math.Max(1, LogitsAtOnce / _model.Config.VocabularySize);
        for (int first = 0; first < targets.Count; first += step)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(step, targets.Count - first);
            Tensor likelihoods = nn.functional.log_softmax(_model.Logits(states.narrow(0, first, count)), -1);
            Tensor wanted = tensor(targets.GetRange(first, count), device: _model.Device).unsqueeze(1);
            IEnumerable<float> values = likelihoods.gather(1, wanted).cpu().data<float>();
            IEnumerable<long> likeliest = likelihoods.argmax(-1).cpu().data<long>();
            found.AddRange(values.Zip(likeliest, targets.Skip(first))
                .Select(token => new TokenScore(token.First, token.Second == token.Third)));
        }

        return [.. found];
    }
}
