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
    private const int BatchTokens = 2048;
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

    /// <summary>The log-likelihoods of tokens in nats, each given all before it in its sequence.</summary>
    /// <param name="sequences">The sequences; those of like length are computed together.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    /// <returns>For each sequence one number a scored token.</returns>
    public IReadOnlyList<double[]> Score(IReadOnlyList<ScoredSequence> sequences, BenchmarkContext context)
    {
        double[][] results = new double[sequences.Count][];
        int done = 0;
        Lock progress = new();
        ParallelOptions options = new()
        {
            // On the processor, threads that each compute a batch of their own need not wait for each other.
            MaxDegreeOfParallelism = _model.Device.type == DeviceType.CPU ? context.Threads : 1,
            CancellationToken = context.Cancellation,
        };
        Parallel.ForEach(Partitioner.Create(Batches(sequences), EnumerablePartitionerOptions.NoBuffering), options, batch =>
        {
            List<double[]> found = Score([.. batch.Select(index => sequences[index])]);
            for (int row = 0; row < batch.Length; row++)
            {
                results[batch[row]] = found[row];
            }

            lock (progress)
            {
                done += batch.Length;
                context.Progress?.Report((double)done / sequences.Count);
            }
        });
        return results;
    }

    public void Dispose() => _model.Dispose();

    // Lengths ascend, so the last sequence of a batch is as wide as the batch. Batches do not depend on the number of threads.
    private static IEnumerable<int[]> Batches(IReadOnlyList<ScoredSequence> sequences)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderBy(index => sequences[index].Ids.Count)];
        int first = 0;
        for (int next = 1; next <= order.Length; next++)
        {
            if (next == order.Length || (next - first + 1L) * sequences[order[next]].Ids.Count > BatchTokens)
            {
                yield return order[first..next];
                first = next;
            }
        }
    }

    private List<double[]> Score(IReadOnlyList<ScoredSequence> batch)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        int width = batch[^1].Ids.Count;
        long[] ids = new long[batch.Count * width];
        List<long> positions = [];
        List<long> targets = [];
        for (int row = 0; row < batch.Count; row++)
        {
            (IReadOnlyList<int> sequence, int first) = batch[row];
            for (int place = 0; place < sequence.Count; place++)
            {
                ids[(row * width) + place] = sequence[place];
            }

            // What stands at a place is told by the state before it.
            positions.AddRange(Enumerable.Range((row * width) + first - 1, sequence.Count - first).Select(place => (long)place));
            targets.AddRange(sequence.Skip(first).Select(id => (long)id));
        }

        Tensor states = _model.States(tensor(ids, [batch.Count, width], device: _model.Device));
        float[] found = LogLikelihoods(states.view(-1, states.shape[^1]).index_select(0, tensor(positions, device: _model.Device)), targets);
        List<double[]> results = [];
        int taken = 0;
        foreach ((IReadOnlyList<int> sequence, int first) in batch)
        {
            results.Add([.. found.Skip(taken).Take(sequence.Count - first).Select(value => (double)value)]);
            taken += sequence.Count - first;
        }

        return results;
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
            Tensor logits = _model.Logits(states.narrow(0, first, count));
            Tensor wanted = tensor(targets.GetRange(first, count), device: _model.Device).unsqueeze(1);
            found.AddRange((logits.gather(1, wanted).squeeze(1) - logits.logsumexp(-1)).cpu().data<float>());
        }

        return [.. found];
    }
}
