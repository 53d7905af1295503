using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Suites;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running;
using MergeHost.Testing;
using MergeHost.Tests.Planning;

namespace MergeHost.Tests.Evaluation;

/// <summary>Evaluation of tiny checkpoints by a benchmark that counts tensors.</summary>
public sealed class EvaluationTests : IDisposable
{
    private readonly RecipeFolder _folder = new RecipeFolder().Add("a", TinyCheckpoint.Llama(seed: 1))
        .Add("b", TinyCheckpoint.Llama(seed: 2));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Merge_InMemory_HasTheBitsOfTheOneThatIsWritten(int threads)
    {
        const string recipe = """
            name: mean
            merge_method: linear
            models: [{model: a, parameters: {weight: 1}}, {model: b, parameters: {weight: 1}}]
            ---
            merge_method: task_arithmetic
            base_model: a
            models: [{model: mean, parameters: {weight: 0.5}}]
            select: {scorer: random, top: 1}
            """;
        MergeOptions options = new() { Threads = threads };
        using PlanSession session = _folder.Open(recipe);
        MergePlan plan = session.Plan(_folder["out"], options);
        using ICheckpointReader memory = new MemoryRunner(plan, _folder["out"], RecipeFolder.Host, options).Run(default);
        new MergeRunner(plan, RecipeFolder.Host, options, warnings: null, progress: null).Run(default);
        Assert.False(Directory.Exists(_folder["out/.stages"]));
        using ModelResolver models = RecipeFolder.Models();
        Assert.Equal(WeightsDigest.Of(models.Open(_folder["out"]).Open(), default), WeightsDigest.Of(memory, default));
    }

    [Fact]
    public void Evaluate_OfCheckpointAndRecipe_MeasuresBothAndWritesNothing()
    {
        string recipe = _folder.Write("merge.yaml", RecipeFolder.Linear("a", "b"));
        EvaluationSummary summary = Run([_folder["a"], recipe], out List<string> told);
        Assert.Equal(2, summary.Models.Count);
        Assert.All(summary.Models, model => Assert.Equal(model.Tasks[0].Value, model.Tasks[1].Value));
        Assert.Contains($"{recipe}: merging in memory", told);
        Assert.False(Directory.Exists(Path.Combine(Path.GetTempPath(), "mergehost-in-memory")));
    }

    [Fact]
    public void Evaluate_OfWhatWasMeasuredBefore_NeitherMergesNorMeasures()
    {
        string recipe = _folder.Write("merge.yaml", RecipeFolder.Linear("a", "b"));
        EvaluationSummary first = Run([recipe, _folder["a"]], out List<string> before);
        EvaluationSummary second = Run([recipe, _folder["a"]], out List<string> after);
        Assert.NotEmpty(before);
        Assert.Empty(after);
        Assert.Equal(first.Models[0].Tasks, second.Models[0].Tasks);
    }

    [Fact]
    public void Evaluate_WhenAWeightChanges_MeasuresAgain()
    {
        Run([_folder["a"]], out _);
        _folder.Add("a", TinyCheckpoint.Llama(seed: 3));
        Run([_folder["a"]], out List<string> told);
        Assert.NotEmpty(told);
    }

    [Fact]
    public void Measure_OfASubject_DisposesWhatItOpened()
    {
        Suite suite = SuiteReader.Read(_folder.Write("suite.yaml", "tasks: [{name: x, benchmark: tensor_count}]"),
            new PluginSet(RecipeFolder.Catalog), RecipeFolder.Host, []);
        Evaluator evaluator = new(suite, RecipeFolder.Host, new ResultCache(null), new MergeOptions(), new MeasuringProgress(_ => { }),
            _ => { });
        ICheckpointReader reader = TinyCheckpoint.Llama().Open();
        evaluator.Measure(new Subject("x", null, () => reader), default);
        Assert.Throws<ObjectDisposedException>(() => reader.Read(reader.Tensors[0], 0, new byte[2]));
    }

    [Fact]
    public void Measure_OfAModel_LeavesItOpenForOthers()
    {
        using ModelResolver models = RecipeFolder.Models();
        InputModel model = models.Open(_folder["a"]);
        using (ICheckpointReader lent = Subject.Of("a", model).Open())
        {
            Assert.Equal(model.Stored, lent.Tensors);
        }

        model.Open().Read(model.Stored[0], 0, new byte[model.Stored[0].LengthBytes]);
    }

    [Theory]
    [InlineData("tasks: []", "MH6001", "expected a mapping with a list of `tasks:`")]
    [InlineData("tasks: [{name: x, benchmark: tensor_cuont}]", "MH3006", "no benchmark 'tensor_cuont'")]
    [InlineData("tasks: [{name: x}]", "MH1006", "a task needs 'name' and 'benchmark'")]
    [InlineData("tasks: [{name: x, benchmark: tensor_count, data: y}]", "MH1008", "'tensor_count' has no option 'data'")]
    [InlineData("tasks: [{name: x, benchmark: perplexity, data: nowhere.txt}]", "MH6002", "there is no file 'nowhere.txt'")]
    [InlineData("tasks: [{name: x, benchmark: perplexity}]", "MH1006", "option 'data' of 'perplexity' is missing")]
    [InlineData("tasks: [{name: x, benchmark: tensor_count}, {name: x, benchmark: tensor_count}]", "MH6001", "2 tasks are named 'x'")]
    [InlineData("tasks: [{name: x, benchmark: tensor_count, metric: acc}]", "MH6001", "'tensor_count' has no metric 'acc'")]
    [InlineData("task: 1\ntasks: [{name: x, benchmark: tensor_count}]", "MH1003", "suites have no field 'task'")]
    public void Evaluate_WithASuiteThatIsWrong_NamesWhatIs(string suite, string code, string message)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Run([_folder["a"]], out _, suite));
        Assert.Equal(code, exception.Code.Id);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_WithASuiteThatIsNotThere_NamesTheNearest()
    {
        _folder.Write("family.yaml", "");
        EvaluationRequest request = new(_folder["famly.yaml"], [_folder["a"]]);
        MergeHostException exception = Assert.Throws<MergeHostException>(
            () => new EvaluationRunner(RecipeFolder.Catalog, RecipeFolder.Host, new MergeOptions(), _ => { })
                .Run(request, _ => { }, default));
        Assert.Equal("MH6001", exception.Code.Id);
        Assert.Equal($"did you mean '{_folder["family.yaml"]}'?", exception.Problems[0].Hint);
    }

    public void Dispose() => _folder.Dispose();

    private EvaluationSummary Run(
        string[] models, out List<string> told,
        string suite = "tasks: [{name: x, benchmark: tensor_count}, {name: y, general: true, benchmark: tensor_count}]")
    {
        EvaluationRequest request = new(_folder.Write("suite.yaml", suite), models);
        List<string> lines = [];
        told = lines;
        return new EvaluationRunner(RecipeFolder.Catalog, RecipeFolder.Host, new MergeOptions { CacheFolder = _folder["cache"] }, _ => { })
            .Run(request, lines.Add, default);
    }
}
