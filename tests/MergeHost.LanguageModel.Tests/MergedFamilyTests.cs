using System.Text.Json.Nodes;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using Microsoft.Extensions.DependencyInjection;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Merges of the family that are measured without being written, against what PyTorch and transformers gave for them.</summary>
public class MergedFamilyTests
{
    [TorchTheory]
    [InlineData("linear", "", "weight: 1")]
    [InlineData("task_arithmetic", "base_model: base\n", "weight: 0.4")]
    [InlineData("ties", "base_model: base\n", "weight: 1, density: 0.3")]
    public void Evaluate_OfAReferenceMerge_IsWhatTheOracleFound(string method, string @base, string parameters)
    {
        string[] experts = [.. new[] { "finance", "math", "japanese" }
            .Select(expert => $"- {{model: {expert}, parameters: {{{parameters}}}}}\n")];
        string quickstart = Path.Combine(AppContext.BaseDirectory, "quickstart");
        string recipe = Path.Combine(quickstart, $"{method}.yaml");
        File.WriteAllText(recipe, $"merge_method: {method}\n{@base}models:\n{string.Concat(experts)}dtype: float32\n");
        string suite = Path.Combine(Fixtures.Suites, $"{method}.yaml");
        File.WriteAllText(suite, """
            tasks:
              - {name: finance, benchmark: perplexity, data: family/finance.txt, window: 256}
              - {name: japanese_finance, benchmark: perplexity, data: family/japanese_finance.txt, window: 256}
              - {name: finance_words, benchmark: multiple_choice, data: family/finance_words.jsonl}
            """);
        using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        using MergeEngine engine = new(services);
        IReadOnlyList<TaskSummary> found = new EvaluationEngine(engine)
            .Evaluate(new EvaluationRequest(suite, [recipe]), new MergeOptions { Threads = Environment.ProcessorCount }).Models[0].Tasks;
        JsonNode expected = Oracle.Merge(method);
        Assert.All(found.Where(task => task.Metric == "perplexity"), task =>
        {
            double perplexity = (double)expected["texts"]![task.Task]!["perplexity"]!;
            Assert.Equal(perplexity, task.Value, 1e-4 * perplexity);
        });
        Assert.All(found.Where(task => task.Metric is "acc" or "acc_norm"),
            task => Assert.Equal((double)expected["tasks"]![task.Task]![task.Metric]!, Math.Round(task.Value, 6)));
        Assert.Equal(4, found.Count(task => task.Metric is "perplexity" or "acc" or "acc_norm"));
    }
}
