using System.Text;
using MergeHost.Benchmarks;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>How likely a model holds the answers of questions to be, and what it chooses.</summary>
internal sealed class ChoiceScores
{
    private readonly string _task;
    private readonly IReadOnlyList<ChoiceQuestion> _questions;
    private readonly IReadOnlyList<double[]> _sums;
    private readonly int _cutCount;

    /// <summary>Asks a model.</summary>
    public ChoiceScores(string task, IReadOnlyList<ChoiceQuestion> questions, LanguageModel model, BenchmarkContext context)
    {
        _task = task;
        _questions = questions;
        List<(IReadOnlyList<ScoredPrompt> Prompts, bool IsCut)> encoded = [.. questions.Select(question => question.Encode(model))];
        _cutCount = encoded.Count(question => question.IsCut);
        Queue<TokenScore[][]> scores = new(model.Score([.. encoded.SelectMany(question => question.Prompts)], context));
        _sums = encoded.ConvertAll(question => question.Prompts.SelectMany(_ => scores.Dequeue())
            .Select(tokens => tokens.Sum(token => token.LogLikelihood)).ToArray());
    }

    /// <summary><c>acc</c>, <c>acc_norm</c>, and <c>macro_f1</c> if all questions have the same answers.</summary>
    public IReadOnlyList<TaskResult> Results()
    {
        int[] chosen = Choose(_ => 1);
        List<TaskResult> results = [Accuracy("acc", chosen), Accuracy("acc_norm", Choose(Encoding.UTF8.GetByteCount))];
        if (_questions.All(question => question.Choices.SequenceEqual(_questions[0].Choices)))
        {
            results.Add(new TaskResult(_task, "macro_f1", MacroF1(chosen), []) { Count = _questions.Count, CutCount = _cutCount });
        }

        return results;
    }

    private int[] Choose(Func<string, int> length) => [.. _questions.Zip(_sums, (question, sums) =>
    {
        double[] values = [.. sums.Zip(question.Choices, (sum, choice) => sum / length(choice))];
        return Array.IndexOf(values, values.Max());
    })];

    private TaskResult Accuracy(string metric, int[] chosen)
    {
        List<ItemScore> scores = [.. _questions.Zip(chosen,
            (question, choice) => new ItemScore(question.Item.Id, choice == question.Answer ? 1 : 0))];
        return new TaskResult(_task, metric, scores.Average(score => score.Score), scores) { CutCount = _cutCount };
    }

    // Labels that neither stand in the data nor are chosen are left out.
    private double MacroF1(int[] chosen) => Enumerable.Range(0, _questions[0].Choices.Count)
        .Select(label => (
            Both: _questions.Zip(chosen).Count(pair => pair.First.Answer == label && pair.Second == label),
            Either: _questions.Count(question => question.Answer == label) + chosen.Count(choice => choice == label)))
        .Where(label => label.Either > 0)
        .Average(label => 2.0 * label.Both / label.Either);
}
