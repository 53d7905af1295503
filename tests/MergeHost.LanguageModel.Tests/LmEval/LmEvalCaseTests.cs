using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Plugins.LanguageModel.Harness;
using MergeHost.Testing;

namespace MergeHost.LanguageModel.Tests.LmEval;

/// <summary>Runs of lm-evaluation-harness: prompts, scores, answers, metrics and errors, item by item.</summary>
public sealed class LmEvalCaseTests : IDisposable
{
    // What the peer scores as nobody means it; here it is refused by name.
    private static readonly string[] _refusedThoughScored = ["odd-brace-choices", "odd-empty-choice", "odd-vanishing-wins"];

    private readonly TemporaryFolder _folder = new();
    private readonly LanguageModelLoader _loader = new();
    private readonly List<Problem> _warnings = [];

    public static TheoryData<string> WithNumbers =>
        [.. LmEvalCase.All.Values.Where(one => one.HasNumbers && one.Name != "mc-bf16" && !_refusedThoughScored.Contains(one.Name))
            .Select(one => one.Name)];

    public static TheoryData<string> ToRefuse =>
        [.. LmEvalCase.All.Values.Where(one => (!one.HasNumbers && one.Name != "odd-shots-int") || _refusedThoughScored.Contains(one.Name))
            .Select(one => one.Name)];

    [TorchTheory]
    [MemberData(nameof(WithNumbers))]
    public void Run_OfACase_FindsWhatThePeerFound(string name)
    {
        LmEvalCase one = LmEvalCase.All[name];
        JsonElement expected = one.Expected;
        string[] tasks = [.. expected.GetProperty("samples").EnumerateObject().Select(task => task.Name)];
        BenchmarkResult found = Run(one, one.Options(tasks[0]));
        Assert.Equal(tasks.Order(), found.Records.Where(record => record.Samples.Count > 0).Select(record => record.Task).Order());
        foreach (TaskRecord record in found.Records.Where(record => record.Samples.Count > 0))
        {
            JsonElement[] samples = [.. expected.GetProperty("samples").GetProperty(record.Task).EnumerateArray()];
            Assert.Equal(samples.Length, record.Samples.Count);
            Assert.All(samples.Zip(record.Samples), pair => SampleComparison.Compare(pair.First, pair.Second));
            Assert.Equal(expected.GetProperty("task_hashes").GetProperty(record.Task).GetString(), (string?)record.Facts["task_hash"]);
            Assert.Equal(expected.GetProperty("n-shot").GetProperty(record.Task).GetInt32(), (int?)record.Facts["n-shot"]);
            Assert.Equal(expected.GetProperty("versions").GetProperty(record.Task).GetRawText(), record.Facts["version"]!.ToJsonString());
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected.GetProperty("higher_is_better").GetProperty(record.Task).GetRawText()),
                record.Facts["higher_is_better"]));
        }

        SampleComparison.CompareResults(expected.GetProperty("results"), found);
        Assert.True(one.Product?.Contains("warning", StringComparison.Ordinal) != true || _warnings.Count > 0, one.Product);
    }

    [TorchTheory]
    [MemberData(nameof(ToRefuse))]
    public void Run_OfWhatIsNotSupported_IsRefusedByName(string name)
    {
        LmEvalCase one = LmEvalCase.All[name];
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Run(one, one.Options("")));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(".yaml", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(one.Folder, "MARK*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Environment.CurrentDirectory, "MARK*"));
    }

    public void Dispose()
    {
        _loader.Dispose();
        _folder.Dispose();
    }

    private BenchmarkResult Run(LmEvalCase one, LmEvalOptions options)
    {
        using ICheckpointReader checkpoint = Open(one);
        return new LmEvalBenchmark(_loader).Run(checkpoint, options, one.Context(_warnings.Add));
    }

    private ICheckpointReader Open(LmEvalCase one)
    {
        string family = Path.Combine(AppContext.BaseDirectory, "quickstart", one.Model);
        if (one.Tokenizer is null)
        {
            return Fixtures.Open(family);
        }

        foreach (string file in Directory.EnumerateFiles(family).Concat(Directory.EnumerateFiles(one.Tokenizer)))
        {
            System.IO.File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)), overwrite: true);
        }

        return Fixtures.Open(_folder.Path);
    }
}
