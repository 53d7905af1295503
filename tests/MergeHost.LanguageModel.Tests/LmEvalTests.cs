using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Harness;
using MergeHost.Testing;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Task files of lm-evaluation-harness.</summary>
public sealed class LmEvalTests : IDisposable
{
    private const string Chosen = """
        tag: [finance]
        task: headlines
        dataset_path: some/data
        test_split: test
        output_type: multiple_choice
        description: "Answer.\n\n"
        doc_to_text: "Headline: {{headline.strip()}}\nUp?"
        doc_to_target: label
        doc_to_choice: ["No", "Yes"]
        num_fewshot: 1
        metric_list:
          - {metric: acc, aggregation: mean, higher_is_better: true}
        metadata: {version: 1.0}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly LanguageModelLoader _loader = new();
    private readonly ICheckpointReader _checkpoint = Fixtures.Family("base");

    [TorchFact]
    public void Run_OfChosenAnswers_AsksAsTheHarnessDoes()
    {
        Write("dev.jsonl", """{"headline": "gold rises", "label": 1}""");
        Write("test.jsonl", """{"headline": " the whale ", "label": 0}""", """{"headline": "gold", "label": 1}""");
        Write("plain.jsonl", Plain("the whale", 0), Plain("gold", 1));
        TaskResult found = Assert.Single(Run(Chosen,
            new LmEvalOptions { Task = "task.yaml", Data = "test.jsonl", ShotsData = "dev.jsonl" }));
        TaskResult expected = new MultipleChoiceBenchmark(_loader)
            .Run(_checkpoint, new MultipleChoiceOptions { Data = "plain.jsonl" }, Context).Tasks[0];
        Assert.Equal(("headlines", "acc"), (found.Task, found.Metric));
        Assert.Equal(expected.Items, found.Items);

        static string Plain(string headline, int answer) =>
            $$"""{"prompt": "Answer.\n\nHeadline: gold rises\nUp? Yes\n\nHeadline: {{headline}}\nUp?","""
                + $$""" "choices": [" No", " Yes"], "answer": {{answer}}}""";
    }

    // transformers goes on with: ", and the United States, and the United States …".
    [TorchFact]
    public void Run_OfWrittenAnswers_ComparesByEachFilter()
    {
        const string Task = """
            task: written
            output_type: generate_until
            doc_to_text: "{{question}}"
            doc_to_target: "{{answer}}"
            generation_kwargs: {until: ["zzz"], do_sample: false, max_gen_toks: 10}
            metric_list:
              - {metric: exact_match, ignore_case: true, regexes_to_ignore: [",", "\\$"]}
            filter_list:
              - name: first
                filter: [{function: regex, regex_pattern: "the (\\w+)"}, {function: take_first}]
              - name: last
                filter: [{function: regex, regex_pattern: "the \\w+ (\\w+)", group_select: -1}, {function: take_first}]
            """;
        Write("test.jsonl", """{"question": "The President of the United States", "answer": "UNIT,ED"}""");
        IReadOnlyList<TaskResult> found = Run(Task, new LmEvalOptions { Task = "task.yaml", Data = "test.jsonl" });
        Assert.Equal([("exact_match,first", 1.0), ("exact_match,last", 0.0)], found.Select(result => (result.Metric, result.Value)));
    }

    [TorchTheory]
    [InlineData("metadata: {version: 1.0}", "process_docs: !function utils.process_docs",
        "'process_docs: !function utils.process_docs' is not supported")]
    [InlineData("output_type: multiple_choice", "output_type: greedy_until", "'output_type: greedy_until' is not supported")]
    [InlineData("metric: acc", "metric: rouge", "metric 'rouge' is not supported for 'multiple_choice'")]
    [InlineData("metadata: {version: 1.0}", "include: other.yaml", "'include: other.yaml': there is no file")]
    [InlineData("metadata: {version: 1.0}", "include: /etc/hostname", "'include: /etc/hostname' is not beside the task")]
    [InlineData("metadata: {version: 1.0}", "include: task.yaml", "'include:' comes back to 'task.yaml'")]
    [InlineData("metadata: {version: 1.0}", "num_fewshots: 1", "no task has 'num_fewshots'")]
    [InlineData("aggregation: mean", "aggregation: f1", "aggregation 'f1' of metric 'acc' is not supported")]
    [InlineData("{{headline.strip()}}", "{% include 'x' %}", "'{% include %}' is not supported")]
    [InlineData("task: headlines", "task: [", "task.yaml")]
    [InlineData("task: headlines", "task: {a: b: c}", "task.yaml(2,")]
    [InlineData("task: headlines", "task: *nowhere", "nowhere")]
    [InlineData("task: headlines", "? [a, b]\n: c", "a key must be a word")]
    [InlineData("task: headlines", "task: a\ntask: b", "'task' stands twice in this mapping")]
    [InlineData("metadata: {version: 1.0}",
        "metadata: [&a [x, x, x, x], &b [*a, *a, *a, *a, *a], &c [*b, *b, *b, *b, *b], &d [*c, *c, *c, *c, *c], &e [*d, *d, *d, *d, *d], "
            + "&f [*e, *e, *e, *e, *e], &g [*f, *f, *f, *f, *f], &h [*g, *g, *g, *g, *g], &i [*h, *h, *h, *h, *h], [*i, *i, *i, *i]]",
                "unfolds to more than")]
    public void Run_OfWhatIsNotPlainData_IsRefusedByName(string known, string other, string message)
    {
        Write("dev.jsonl", """{"headline": "gold rises", "label": 1}""");
        Write("test.jsonl", """{"headline": "gold", "label": 1}""");
        MergeHostException exception = Assert.Throws<MergeHostException>(() =>
            Run(Chosen.Replace(known, other, StringComparison.Ordinal),
                new LmEvalOptions { Task = "task.yaml", Data = "test.jsonl", ShotsData = "dev.jsonl" }));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [TorchTheory]
    [InlineData(1, true, 2)]
    [InlineData(1, false, 0)]
    [InlineData(0, true, 1)]
    public void Run_WhereAnOddityOfTheHarnessCounts_WarnsOfIt(int item, bool quirks, int warnings)
    {
        const string Task = """
            task: written
            test_split: test
            training_split: train
            num_fewshot: 1
            output_type: generate_until
            doc_to_text: "{{question}}"
            doc_to_target: "{{answer}}"
            generation_kwargs: {until: ["zzz"], max_gen_toks: 4}
            """;
        Write("task.yaml", Task);
        Write("dev.jsonl", """{"question": "Who?", "answer": "The President of the United States"}""");
        Write("test.jsonl", """{"question": "The President of", "answer": "a"}""", """{"question": "The United", "answer": "b"}""");
        LmEvalOptions options =
            new() { Task = "task.yaml", Data = "test.jsonl", ShotsData = "dev.jsonl", Samples = $"{item}", Quirks = quirks };
        List<Problem> found = [];
        new LmEvalBenchmark(_loader).Run(_checkpoint, options, Context with { Warn = found.Add });
        Assert.Equal(warnings, found.Count);
        Assert.All(found, problem => Assert.Contains("`quirks: false`", problem.Hint, StringComparison.Ordinal));
    }

    [Fact]
    public void FindFiles_OfANameInAFolder_AreThoseThatItDependsOn()
    {
        Write("part.yaml", "test_split: test", "output_type: generate_until");
        Write("task.yaml", "include: part.yaml", "task: asked", "doc_to_text: \"{{question}}\"", "doc_to_target: \"{{question}}\"");
        Write("other.yaml", "task: other");
        Write("test.jsonl", """{"question": "what?"}""");
        LmEvalOptions options = new() { Task = "asked", IncludePath = ".", Data = "test.jsonl" };
        Assert.Equal(["task.yaml", "part.yaml", "test.jsonl"],
            new LmEvalBenchmark(_loader).FindFiles(options, _folder.Path).Select(Path.GetFileName));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new LmEvalBenchmark(_loader)
            .FindFiles(options with { Samples = "," }, _folder.Path).Count());
        Assert.Contains("'samples' names no item", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _loader.Dispose();
        _checkpoint.Dispose();
        _folder.Dispose();
    }

    private BenchmarkContext Context => new() { Folder = _folder.Path };

    private IReadOnlyList<TaskResult> Run(string task, LmEvalOptions options)
    {
        Write("task.yaml", task);
        return new LmEvalBenchmark(_loader).Run(_checkpoint, options, Context).Tasks;
    }

    private void Write(string name, params string[] lines) => File.WriteAllLines(Path.Combine(_folder.Path, name), lines);
}
