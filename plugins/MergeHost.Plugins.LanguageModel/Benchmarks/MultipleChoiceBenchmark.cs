using System.Composition;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Which of several answers a model holds to be likeliest after a prompt; labels too,
/// where all items have the same answers.</summary>
/// <remarks>
/// <c>acc</c>: the answer of the largest sum of log-likelihoods. <c>acc_norm</c>: of the largest sum for each byte of the answer in
/// UTF-8. The first of equal ones counts. Where all items have the same answers, <c>macro_f1</c> is the mean over them of the harmonic
/// mean of precision and recall. Prompt and answer are encoded together, and the answer's tokens are those after as many as the prompt
/// alone has, as in lm-evaluation-harness; the prompt is read once for all answers.
/// </remarks>
[Benchmark("multiple_choice")]
[method: ImportingConstructor]
public sealed class MultipleChoiceBenchmark(LanguageModelLoader loader) : IBenchmark<MultipleChoiceOptions>
{
    /// <inheritdoc/>
    public BenchmarkItems ReadItems(MultipleChoiceOptions options, string folder)
    {
        ChoiceReader reader = new(options.Choices, options.Answer);
        return new TaskFile(options, folder, reader.Right).Texts(options, reader.Right);
    }

    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, MultipleChoiceOptions options, BenchmarkContext context)
    {
        ChoiceReader reader = new(options.Choices, options.Answer);
        TaskFile file = new(options, context.Folder, reader.Right);
        List<ChoiceQuestion> questions = [.. file.Items.Select(item => reader.Read(item, file.Prompt(item), options.Delimiter))];
        LanguageModel model = loader.Load(checkpoint, options.Precision, context);
        return new BenchmarkResult(new ChoiceScores(Path.GetFileNameWithoutExtension(options.Data), questions, model, context).Results());
    }
}
