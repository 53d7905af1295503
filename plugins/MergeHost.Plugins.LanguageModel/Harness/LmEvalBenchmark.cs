using System.Composition;
using System.Text.Json.Nodes;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Chat;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Harness.Scores;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>Tasks, groups and tags of lm-evaluation-harness, from the files that it reads.</summary>
/// <remarks>
/// Prompts, scores and metrics are those of lm-evaluation-harness 0.4.13, where its users depend on its oddities with these; a warning says
/// where one counts, and <c>quirks: false</c> leaves them. What runs Python is refused by name and never run.
/// </remarks>
/// <seealso href="https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md"/>
[Benchmark("lm_eval")]
[method: ImportingConstructor]
public sealed class LmEvalBenchmark(LanguageModelLoader loader) : IBenchmark<LmEvalOptions>
{
    private static readonly string[] _lengths = ["n_positions", "max_position_embeddings", "n_ctx"];

    private readonly HashSet<string> _told = [];

    /// <inheritdoc/>
    public IEnumerable<string> FindFiles(LmEvalOptions options, string folder) => LmEvalRun.Read(options, folder).Files;

    /// <inheritdoc/>
    public BenchmarkItems ReadItems(LmEvalOptions options, string folder)
    {
        LmEvalRun run = LmEvalRun.Read(options, folder);
        return new BenchmarkItems(
            run.Tasks.All(task => task.Config.Kind != TaskKind.LoglikelihoodRolling),
            [.. run.Tasks.SelectMany(task => task.Asked,
                (task, item) => ($"{task.Config.Name} {item.Number}", string.Join('\n', item.Fields.Values.Select(PythonValue.Text))))]);
    }

    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, LmEvalOptions options, BenchmarkContext context)
    {
        LmEvalRun run = LmEvalRun.Read(options, context.Folder);
        ChatTemplate? chat = options.ApplyChatTemplate
            ? ChatTemplate.Find(checkpoint.Companions)
                ?? throw TaskData.Unusable("apply_chat_template", "the checkpoint has no chat template")
            : null;
        List<AskedTask> asked = [.. run.Tasks.Select(task => Ask(task, chat, checkpoint, options, context))];
        LanguageModel model = loader.Load(checkpoint, options.Precision, context);
        SpecialTokens special = SpecialTokens.Find(checkpoint.Companions, model);
        List<TaskScores> scores = [];
        List<TaskResult> results = [];
        foreach (AskedTask task in asked)
        {
            TaskModel asker = new(model, special, options);
            TaskScores found = task.Task.Config.Kind == TaskKind.GenerateUntil
                ? Write(task, asker, options, context)
                : Score(task, asker, options, context);
            scores.Add(found);
            results.AddRange(found.Results.Select(result => result with { CutCount = asker.CutCount }));
        }

        ILookup<string, TaskResult> byTask = results.ToLookup(result => result.Task);
        List<(TaskNode Group, IReadOnlyList<TaskResult> Results)> groups =
            [.. run.Nodes.SelectMany(node => node.Groups).DistinctBy(group => group.Name)
                .Select(group => (group, GroupScores.Of(group, byTask, (text, hint) => Warn(text, hint, context))))];
        return new BenchmarkResult([.. groups.AsEnumerable().Reverse().SelectMany(group => group.Results), .. results])
        {
            Records = context.KeepsRecords ? Records(scores, groups, options) : [],
        };
    }

    private static List<TaskRecord> Records(List<TaskScores> scores, List<(TaskNode Group, IReadOnlyList<TaskResult> Results)> groups,
        LmEvalOptions options)
    {
        Dictionary<string, TaskRecord> tasks = scores.ToDictionary(task => task.Task.Config.Name, task => TaskRecords.Of(task, options));
        return [.. tasks.Values, .. groups.Select(group => TaskRecords.Of(group.Group, group.Results, tasks))];
    }

    private AskedTask Ask(LmEvalTask task, ChatTemplate? chat, ICheckpointReader checkpoint, LmEvalOptions options,
        BenchmarkContext context)
    {
        if (task.Generation is { } generation && (options.MaxLength ?? MaxLength(checkpoint)) is { } length
            && generation.MaxTokens >= length)
        {
            throw task.Config.Refuse(
                $"'max_gen_toks: {generation.MaxTokens}' leaves no room for a prompt in the {length} tokens that the model reads");
        }

        if (task.Generation is { } stops && stops.Until.Contains(""))
        {
            Warn($"task '{task.Config.Name}': an empty text in 'until' ends each answer after one token", null, context);
        }

        TaskPrompts prompts = task.Prompts(chat, (text, hint) => Warn(text, hint, context));
        return new AskedTask(task, [.. task.Asked.Select(prompts.Ask)], prompts.HasSeveralTargets);
    }

    private TaskScores Score(AskedTask task, TaskModel model, LmEvalOptions options, BenchmarkContext context)
    {
        TaskRequest[] requests = [.. task.Questions.SelectMany(question => question.Requests)];
        int[] numbers = [.. task.Questions.SelectMany(question => question.Requests.Select(_ => question.Item.Number))];
        Queue<object> answers;
        if (task.Task.Config.Kind == TaskKind.LoglikelihoodRolling)
        {
            if (options.Quirks && options.AddBosToken != false)
            {
                Warn("texts that are scored whole: a BOS that the tokenizer adds is scored as their first token, after BOS, as in "
                    + "lm-evaluation-harness", "Write `quirks: false` to score the text alone.", context);
            }

            answers = new Queue<object>(model.ScoreWhole([.. requests.Select(request => request.Context)], Refuse, context).Cast<object>());
        }
        else
        {
            answers = new Queue<object>(model.Score(requests, Refuse, context).Cast<object>());
        }

        return TaskScores.OfScores(
            task.Task, task.Questions,
            [.. task.Questions.Select(question => (IReadOnlyList<object>)[.. question.Requests.Select(_ => answers.Dequeue())])],
            task.HasSeveralTargets, options, (text, hint) => Warn(text, hint, context));

        MergeHostException Refuse(int index, string reason) =>
            task.Task.Config.Refuse($"item {numbers[index]}: {reason}",
                "A choice needs a token of its own: begin it with a blank, or write `quirks: false` to encode it by itself.");
    }

    private TaskScores Write(AskedTask task, TaskModel model, LmEvalOptions options, BenchmarkContext context)
    {
        TaskGeneration generation = task.Task.Generation!;
        string[] contexts = [.. task.Questions.Select(question => question.Requests[0].Context)];
        IReadOnlyList<string>[] rounds;
        if (generation.Temperature > 0)
        {
            Warn($"task '{task.Task.Config.Name}': answers are drawn, with another generator than torch's", null, context);
            rounds = [.. Enumerable.Range(0, task.Task.Repeats)
                .Select(round => model.Write(contexts, generation, options.Seed + ((long)round << 32), context))];
        }
        else
        {
            // The likeliest answer is the same each time.
            rounds = [.. Enumerable.Repeat(model.Write(contexts, generation, options.Seed, context), task.Task.Repeats)];
        }

        if (model.HasLostBlank)
        {
            Warn("written answers: the blank that an answer begins with is lost, as lm-evaluation-harness loses it with tokenizers that "
                + "put one before each text", "Write `quirks: false` to keep it.", context);
        }

        return TaskScores.OfTexts(
            task.Task, task.Questions, [.. contexts.Select((_, index) => (IReadOnlyList<string>)[.. rounds.Select(round => round[index])])],
            task.HasSeveralTargets, options);
    }

    private static int? MaxLength(ICheckpointReader checkpoint)
    {
        JsonObject? config = checkpoint.Companions.FirstOrDefault(file => file.Name == "config.json")?.ReadJson();
        return _lengths.Select(name => config.Find(name).AsInt()).FirstOrDefault(length => length is not null);
    }

    // Each once, however many models and tasks it is true of.
    private void Warn(string text, string? hint, BenchmarkContext context)
    {
        if (_told.Add(text))
        {
            context.Warn?.Invoke(new Problem(ErrorCodes.BadTaskData, text, hint) { Severity = Severity.Warning });
        }
    }

    private sealed record AskedTask(LmEvalTask Task, IReadOnlyList<TaskQuestion> Questions, bool HasSeveralTargets);
}
