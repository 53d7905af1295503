using System.Composition;
using System.Globalization;
using System.Text;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>How surprised a model is by a text: <c>exp(−mean log-likelihood of a token)</c>.</summary>
/// <remarks>
/// The text is encoded once and cut into windows that do not overlap. Where the model's texts begin with BOS, each window begins with
/// it, and every token of the text counts; where they do not, the first token of each window is seen but not counted.
/// <c>bits_per_byte</c> is the same sum over the bytes of the text, by which models with unlike tokenizers can be compared.
/// </remarks>
[Benchmark("perplexity")]
[method: ImportingConstructor]
public sealed class PerplexityBenchmark(LanguageModelLoader loader) : IBenchmark<PerplexityOptions>
{
    /// <inheritdoc/>
    public BenchmarkItems ReadItems(PerplexityOptions options, string folder) =>
        new(AreQuestions: false, [(Path.GetFileNameWithoutExtension(options.Data), TaskData.ReadText(Path.Combine(folder, options.Data)))]);

    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, PerplexityOptions options, BenchmarkContext context)
    {
        string path = Path.Combine(context.Folder, options.Data);
        string text = TaskData.ReadText(path);
        LanguageModel model = loader.Load(checkpoint, options.Precision, context);
        if (options.Window > model.MaxPositions)
        {
            throw new MergeHostException(new Problem(ErrorCodes.CheckpointNotRunnable,
                $"a window of {options.Window} tokens is longer than the {model.MaxPositions} that the model was made for",
                "Make `window:` smaller."), null);
        }

        IReadOnlyList<int> ids = model.Tokenizer.Encode(text);
        if (options.Limit is { } limit && ids.Count > limit * (long)Read(options.Window, model))
        {
            ids = [.. ids.Take(limit * Read(options.Window, model))];
            text = model.Tokenizer.DecodeWhole(ids);
        }

        List<ScoredPrompt> windows = [.. Cut(ids, options.Window, model.Tokenizer.BeginId)];
        if (windows.Count == 0)
        {
            throw TaskData.Unusable(path, "the text is too short to be scored");
        }

        IReadOnlyList<TokenScore[][]> scores = model.Score(windows, context);
        List<ItemScore> items = [.. scores.Select((window, index) =>
            new ItemScore(index.ToString(CultureInfo.InvariantCulture), window[0].Sum(token => token.LogLikelihood), window[0].Length))];
        string task = Path.GetFileNameWithoutExtension(options.Data);
        double loss = -items.Sum(item => item.Score);
        return new BenchmarkResult(
        [
            new TaskResult(task, "perplexity", Math.Exp(loss / items.Sum(item => item.Weight)), items)
            {
                HigherIsBetter = false,
                Aggregation = Aggregation.Perplexity,
            },
            new TaskResult(task, "bits_per_byte", loss / Math.Log(2) / Encoding.UTF8.GetByteCount(text), [])
            {
                HigherIsBetter = false,
                Count = items.Count,
            },
        ]);
    }

    // How many of the text's tokens a window has.
    private static int Read(int window, LanguageModel model) => model.Tokenizer.BeginId is null ? window : window - 1;

    private static IEnumerable<ScoredPrompt> Cut(IReadOnlyList<int> ids, int window, int? beginId) => beginId is { } begin
        ? ids.Chunk(window - 1).Select(chunk => new ScoredPrompt([begin], [chunk]))
        : ids.Chunk(window).Where(chunk => chunk.Length > 1).Select(chunk => new ScoredPrompt([chunk[0]], [chunk[1..]]));
}
