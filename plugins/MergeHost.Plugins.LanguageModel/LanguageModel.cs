using System.Collections.Concurrent;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Models;
using MergeHost.Plugins.LanguageModel.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>A model with its tokenizer: tells how likely it holds tokens to be.</summary>
internal sealed class LanguageModel : IDisposable
{
    // Of a batch: states, and logits in float32.
    private const int BatchTokens = 1024;
    private const long LogitsAtOnce = 1 << 24;

    private readonly LlamaModel _model;

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="MergeHostException">The model or its tokenizer is of a kind that is not known here.</exception>
    public LanguageModel(ICheckpointReader checkpoint, Device device, ScalarType type)
    {
        Tokenizer = TokenizerReader.Read(checkpoint.Companions);
        _model = new LlamaModel(checkpoint, device, type);
    }

    public TextTokenizer Tokenizer { get; }

    /// <summary>The longest context that the model was made for, in tokens.</summary>
    public int MaxPositions => _model.Config.MaxPositions;

    /// <summary>The log-likelihoods of the continuations' tokens in nats, each given all before it.</summary>
    /// <param name="prompts">The prompts with their continuations; those of like length are computed together.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    /// <returns>For each prompt and each of its continuations one number a token.</returns>
    public IReadOnlyList<double[][]> Score(IReadOnlyList<ScoredPrompt> prompts, BenchmarkContext context)
    {
        double[][][] results = [.. prompts.Select(prompt => new double[prompt.Continuations.Count][])];
        List<ScoredRow> rows = [.. prompts.SelectMany((prompt, index) => ScoredRow.Of(index, prompt, BatchTokens)).OrderBy(row => row.Width)];
        int done = 0;
        Lock progress = new();
        ParallelOptions options = new()
        {
            // On the processor, threads that each compute a batch of their own need not wait for each other.
            MaxDegreeOfParallelism = _model.Device.type == DeviceType.CPU ? context.Threads : 1,
            CancellationToken = context.Cancellation,
        };
        Parallel.ForEach(Partitioner.Create(Batches(rows), EnumerablePartitionerOptions.NoBuffering), options, batch =>
        {
            Score(new ScoredBatch(batch), results);
            lock (progress)
            {
                done += batch.Count;
                context.Progress?.Report((double)done / rows.Count);
            }
        });
        return results;
    }

    public void Dispose() => _model.Dispose();

    // Widths ascend, so the last row of a batch is as wide as the batch. Batches do not depend on the number of threads.
    private static IEnumerable<List<ScoredRow>> Batches(List<ScoredRow> rows)
    {
        int first = 0;
        for (int next = 1; next <= rows.Count; next++)
        {
            if (next == rows.Count || (next - first + 1L) * rows[next].Width > BatchTokens)
            {
                yield return rows[first..next];
                first = next;
            }
        }
    }

    private void Score(ScoredBatch batch, double[][][] results)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor states = _model.States(batch.Tokens(_model.Device));
        float[] found = LogLikelihoods(states.view(-1, states.shape[^1]).index_select(0, batch.Places(_model.Device)), batch.Targets);
        int taken = 0;
        foreach (ScoredRow row in batch.Rows)
        {
            foreach ((int index, IReadOnlyList<int> continuation) in row.Continuations.Index())
            {
                results[row.Index][row.First + index] = Array.ConvertAll(found[taken..(taken + continuation.Count)], value => (double)value);
                taken += continuation.Count;
            }
        }
    }

    // Logits of many places and a large vocabulary would not fit into memory at once.
    private float[] LogLikelihoods(Tensor states, List<long> targets)
    {
        List<float> found = new(targets.Count);
        int step = (int)Math.Max(1, LogitsAtOnce / _model.Config.VocabularySize);
        for (int first = 0; first < targets.Count; first += step)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(step, targets.Count - first);
            Tensor likelihoods = nn.functional.log_softmax(_model.Logits(states.narrow(0, first, count)), -1);
            Tensor wanted = tensor(targets.GetRange(first, count), device: _model.Device).unsqueeze(1);
            found.AddRange(likelihoods.gather(1, wanted).cpu().data<float>());
        }

        return [.. found];
    }
}
