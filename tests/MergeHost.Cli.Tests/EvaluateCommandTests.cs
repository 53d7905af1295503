using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary><c>mergehost evaluate</c> with a benchmark that looks at single bits.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    private const string Base = "recipes/quickstart/base";
    private const string Finance = "recipes/quickstart/finance";
    private const string Math = "recipes/quickstart/math";
    private const string Suite = "tasks: [{name: bits, benchmark: tensor_count}, {name: known, general: true, benchmark: tensor_count}]";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Evaluate_OfARecipe_PrintsBaseExpertsAndMergeSideBySide()
    {
        CliResult evaluate = Run(Suite, "recipes/task-arithmetic.yaml", "--base", Base, "--expert", Finance, "--expert", Math, "--quiet");
        Assert.Equal((0, ""), (evaluate.ExitCode, evaluate.Talk));
        string[][] rows = [.. evaluate.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(["task", "metric", "base", "finance", "math", "task-arithmetic.yaml"], rows[0]);
        Assert.Equal(["bits", "count"], rows[1][..2]);
        Assert.Equal(["known", "count"], rows[2][..2]);
        Assert.Equal(["Macro-Gain", "accuracy"], rows[6][..2]);
        Assert.Contains("\n\ntask-arithmetic.yaml keeps ", evaluate.Output, StringComparison.Ordinal);
        Assert.Equal(3 + 1 + 8 + 2, rows.Count(row => row.Length > 0));
    }

    [Fact]
    public void Evaluate_WithJson_WritesValuesIntervalsAndMetrics()
    {
        CliResult evaluate = Run(Suite, "recipes/task-arithmetic.yaml", "--base", Base, "--expert", Finance, "--json", "--quiet");
        JsonElement[] models = [.. JsonDocument.Parse(evaluate.Output).RootElement.GetProperty("models").EnumerateArray()];
        Assert.Equal(["base", "expert", "model"], models.Select(model => model.GetProperty("role").GetString()));
        JsonElement task = models[2].GetProperty("tasks")[0];
        Assert.Equal((38, 38), (task.GetProperty("value").GetInt32(), task.GetProperty("count").GetInt32()));
        Assert.True(task.GetProperty("low").GetDouble() < task.GetProperty("high").GetDouble());
        Assert.Equal("macroGain", models[2].GetProperty("metrics")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void Evaluate_OfABaseWithAnAdapter_NamesBothAndMeasuresTheirSum()
    {
        CliResult evaluate = Run(Suite, Base, Base + "+recipes/quickstart/math-lora", "--quiet");
        Assert.Equal((0, ""), (evaluate.ExitCode, evaluate.Talk));
        Assert.Equal(["task", "metric", "base", "base+math-lora"],
            evaluate.Output.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Plan_OfARecipeWithASuite_SaysWhatItsTasksCouldShow()
    {
        File.WriteAllText(_folder["items.jsonl"],
            string.Concat(Enumerable.Range(0, 200)
                .Select(item => $$"""{"prompt": "item {{item}}", "choices": [" a", " b"], "answer": 0}{{"\n"}}""")));
        File.WriteAllText(_folder["suite.yaml"],
            "tasks: [{name: half, benchmark: multiple_choice, data: items.jsonl, limit: 100}, {name: all, benchmark: multiple_choice, "
                + "data: items.jsonl}, {name: text, benchmark: perplexity, data: items.jsonl}]");
        File.WriteAllText(_folder["recipe.yaml"],
            $"merge_method: linear\nmodels: [{{model: {Base}}}, {{model: {Finance}}}]\nparameters: {{weight: 1}}\nevaluate: suite.yaml\n");
        CliResult plan = Cli.Run("plan", _folder["recipe.yaml"]);
        Assert.Equal(0, plan.ExitCode);
        string[][] rows = [.. plan.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Contains(rows, row => row is ["half", "multiple_choice", "100", "questions", "14.0"]);
        Assert.Contains(rows, row => row is ["all", "multiple_choice", "200", "questions", "9.9"]);
        Assert.Contains(rows, row => row is ["text", "perplexity", "a", "text"]);
    }

    [Fact]
    public void Overlap_OfASuite_FindsItemsThatStandInTheTexts()
    {
        File.WriteAllText(_folder["items.jsonl"], """
            {"id": "seen", "prompt": "The Old Harbour clock struck nine, and nobody", "choices": [" stirred", " ran"], "answer": 0}
            {"id": "new", "prompt": "A small grey owl sat on the third", "choices": [" branch", " stone"], "answer": 0}
            {"id": "short", "prompt": "One plus", "choices": [" one", " two"], "answer": 0}
            """);
        File.WriteAllText(_folder["text.txt"],
            "It was late. The old harbour clock struck nine; and nobody stirred.\nA small grey owl was never seen.");
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: lines, benchmark: multiple_choice, data: items.jsonl}]");
        CliResult overlap = Cli.Run("overlap", _folder["suite.yaml"], _folder["text.txt"], "--words", "8");
        Assert.Equal((0, ""), (overlap.ExitCode, overlap.Talk));
        Assert.Contains("lines 3 1 1 50.0 % seen (100.0 %) \"the old harbour clock struck nine and nobody\"",
            string.Join(' ', overlap.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        CliResult wrong = Cli.Run("overlap", _folder["suite.yaml"], _folder["nowhere.txt"]);
        Assert.Equal(7, wrong.ExitCode);
        Assert.Contains("nowhere.txt", wrong.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_Again_MeasuresNothing_UnlessThereIsNoCache()
    {
        Assert.Contains("base: bits", Run(Suite, Base).Talk, StringComparison.Ordinal);
        Assert.Equal("", Run(Suite, Base).Talk);
        Assert.NotEmpty(Directory.GetFiles(_folder["cache/results"], "*", SearchOption.AllDirectories));
        using Cli anew = Cli.Start(["evaluate", Base, "--suite", _folder["suite.yaml"], "--no-cache", "--plugins", Cli.FixturePlugins]);
        Assert.Contains("base: bits", anew.Wait().Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_OfSomeTasks_LeavesTheOthersOut()
    {
        CliResult evaluate = Run(Suite, Base, "--tasks", "known");
        Assert.Equal((0, $"[1/1] {Base}: known"), (evaluate.ExitCode, evaluate.Talk.Trim()));
        Assert.DoesNotContain("bits", evaluate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_OfSomeTasks_NeedsTheirFilesAlone()
    {
        const string Lacking =
            "tasks: [{name: bits, benchmark: tensor_count}, {name: far, benchmark: multiple_choice, data: absent.jsonl}]";
        Assert.Equal(0, Run(Lacking, Base, "--tasks", "bits").ExitCode);
        Assert.Contains("there is no file 'absent.jsonl'", Run(Lacking, Base).Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_OfAnInfinitePerplexity_PrintsIt()
    {
        File.WriteAllText(_folder["results.json"],
            """{"results": {"text": {"perplexity,none": Infinity, "perplexity_stderr,none": NaN}}, "higher_is_better": {"text": """
                + """{"perplexity": false}}}""");
        const string Text = "tasks: [{name: text, benchmark: tensor_count, metric: perplexity}]";
        Assert.Contains("Infinity", Run(Text, _folder["results.json"]).Output, StringComparison.Ordinal);
        CliResult json = Run(Text, _folder["results.json"], "--json");
        Assert.Equal(0, json.ExitCode);
        Assert.Equal("Infinity", JsonNode.Parse(json.Output)!["models"]![0]!["tasks"]![0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public void Evaluate_OfModelsWithOneName_TellsThemApart()
    {
        using TemporaryFolder twin = new();
        string other = Directory.CreateDirectory(twin["base"]).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(Cli.Repository, Base)))
        {
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        }

        string head = Run(Suite, Base, other, Base, "--quiet").Output.Split('\n')[0];
        Assert.Equal(["task", "metric", "quickstart/base", $"{Path.GetFileName(Path.GetDirectoryName(other))}/base", "quickstart/base",
            "(2)"],
            head.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Evaluate_WithACacheThatCannotBeWritten_SaysSo()
    {
        File.WriteAllText(_folder["cache"], "");
        CliResult evaluate = Run(Suite, Base);
        Assert.Equal(6, evaluate.ExitCode);
        Assert.Contains("results cannot be kept", evaluate.Talk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "did you mean 'tensor_count'?", "tasks: [{name: x, benchmark: tensor_cuont}]", Base)]
    [InlineData(4, "did you mean 'recipes/quickstart/base'?", Suite, "recipes/quickstart/bse")]
    [InlineData(3, "did you mean 'recipes/ties.yaml'?", Suite, "recipes/tiess.yaml")]
    [InlineData(2, "--cache and --no-cache exclude each other", Suite, Base, "--no-cache")]
    [InlineData(7, "did you mean 'known'?", Suite, Base, "--tasks", "bits,knwon")]
    [InlineData(7, "task 'known' is named 2 times", Suite, Base, "--tasks", "known,known")]
    [InlineData(7, "2 tasks are named 'x'", "tasks: [{name: x, benchmark: tensor_count}, {name: x, benchmark: multiple_choice}]", Base)]
    [InlineData(2, "did you mean '--expert'?", Suite, Base, "--experts", Finance)]
    public void Evaluate_OfWhatIsWrong_SaysWhatIsMeant(int exitCode, string talk, string suite, params string[] arguments)
    {
        CliResult evaluate = Run(suite, arguments);
        Assert.Contains(talk, evaluate.Talk, StringComparison.Ordinal);
        Assert.Equal(exitCode, evaluate.ExitCode);
        Assert.Empty(evaluate.Output);
    }

    [Fact]
    public void Evaluate_WithoutASuite_SaysWhatIsMissing()
    {
        CliResult evaluate = Cli.Run("evaluate", Base);
        Assert.Equal(2, evaluate.ExitCode);
        Assert.Contains("--suite", evaluate.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private CliResult Run(string suite, params string[] arguments)
    {
        File.WriteAllText(_folder["suite.yaml"], suite);
        return Cli.Run(["evaluate", .. arguments, "--suite", _folder["suite.yaml"], "--cache", _folder["cache"], "--plugins",
            Cli.FixturePlugins]);
    }
}
