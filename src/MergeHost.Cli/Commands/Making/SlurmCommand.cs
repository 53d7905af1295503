using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Cli.Slurm;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Making;

/// <summary><c>mergehost slurm merge RECIPE OUT</c> and <c>mergehost slurm sweep STUDY</c></summary>
internal static class SlurmCommand
{
    // Beside what the plan tells: the runtime, and what the system counts as the job's.
    private const long MoreBytes = 256L << 20;

    private static readonly Argument<string> _recipe = new("RECIPE") { Description = "The recipe, a YAML file" };
    private static readonly Argument<string> _output =
        new("OUT") { Description = "The folder that the result is written to, which all nodes share" };
    private static readonly Argument<string> _study = new("STUDY") { Description = "The study, a YAML file" };

    private static readonly Option<int> _parts =
        new("--parts") { Description = "How many parts there are: tasks of the array", HelpName = "N", Validators = { CheckParts } };
    private static readonly Option<bool> _submit =
        new("--submit") { Description = "Submit the jobs, rather than only write their scripts" };
    private static readonly Option<bool> _status =
        new("--status") { Description = "Tell how far the parts are, by their journals; writes nothing" };
    private static readonly Option<ByteSize?> _jobMemory = new("--mem")
    {
        Description = "The memory of each job; by default what the plan says, and some",
        HelpName = "SIZE",
        CustomParser = result => ByteSize.Parse(result, 1 << 20),
    };

    private static readonly Option<string?>[] _settings =
    [
        Setting("--partition", "NAME", "The partition that the jobs run in"),
        Setting("--time", "TIME", "The longest time of a job, such as 2:00:00; a job that needs more goes on in a new one"),
        Setting("--gpus", "N", "The GPUs of each job"), Setting("--cpus-per-task", "N", "The processors of each job"),
        Setting("--account", "NAME", "The account that pays"),
        Setting("--qos", "NAME", "The quality of service"), Setting("--constraint", "LIST", "What nodes must have"),
    ];

    // What the command of a job is given as it stands here.
    private static readonly Option[] _passed =
    [
        SharedOptions.Device, SharedOptions.Threads, SharedOptions.Memory, SharedOptions.ShardSize, SharedOptions.Seed, SharedOptions.Cache,
        SharedOptions.NoCache,
        SharedOptions.Locked, SharedOptions.Stream, SharedOptions.Plugins,
    ];

    public static Command Create()
    {
        Command merge = new("merge",
            "Writes the jobs of a merge in parts: an array, and a job that puts the parts together. They may be submitted again at any "
                + "time.")
        {
            _recipe, _output, _parts, _submit, _status, _jobMemory, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Memory,
            SharedOptions.ShardSize, SharedOptions.Seed,
            SharedOptions.Cache, SharedOptions.NoCache, SharedOptions.Locked, SharedOptions.Stream, SharedOptions.Plugins,
            SharedOptions.Json, SharedOptions.Quiet,
        };
        merge.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) => Merge(arguments, engine, printer)));
        Command sweep =
            new("sweep", "Writes the jobs of a study in parts: an array that measures its points, and a job that compares them.")
        {
            _study, _parts, _submit, _jobMemory, SharedOptions.Html, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Memory,
            SharedOptions.Seed, SharedOptions.Cache,
            SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        sweep.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, _) => Sweep(arguments, printer)));
        foreach (Option<string?> setting in _settings)
        {
            merge.Add(setting);
            sweep.Add(setting);
        }

        merge.Validators.Add(result => NeedsParts(result, isOptional: result.GetValue(_status)));
        sweep.Validators.Add(result => NeedsParts(result, isOptional: false));
        return new Command("slurm", "Runs merges and studies in parts, as jobs of Slurm.") { merge, sweep };
    }

    private static int Merge(ParseResult arguments, MergeEngine engine, IPrinter printer)
    {
        (string recipe, string output) = (arguments.GetRequiredValue(_recipe), arguments.GetRequiredValue(_output));
        int? parts = arguments.GetValue(_parts) is > 0 and var count ? count : null;
        IReadOnlyList<StageParts> stages = engine.PlanParts(recipe, output, SharedOptions.Merging(arguments), parts, printer.Show);
        if (arguments.GetValue(_status))
        {
            printer.Write(stages, Describe);
            return 0;
        }

        string command = Command(arguments, "merge", Path.GetFullPath(recipe), Path.GetFullPath(output));
        List<SlurmJob> jobs = [];
        foreach (StageParts stage in stages)
        {
            bool isLast = stage == stages[^1];
            string prefix = isLast ? "" : $"{stage.Stage}-";
            string mine = isLast ? command : $"{command} --stage {ShellWord.Quoted(stage.Stage!)}";
            jobs.AddRange(stage.NeedsSurvey
                ? [new SlurmJob($"{prefix}survey", $"{mine} --survey 1/1", 0, stage.MemoryBytes + MoreBytes, AfterFailure: false)]
                : []);
            jobs.Add(new SlurmJob($"{prefix}parts", $"{mine} --part \"$SLURM_ARRAY_TASK_ID/{parts}\"", parts!.Value,
                stage.MemoryBytes + MoreBytes, AfterFailure: false));
            jobs.Add(new SlurmJob($"{prefix}finish", $"{mine} --finish", 0, stage.MemoryBytes + MoreBytes, AfterFailure: true));
        }

        return Write(arguments, printer, Path.GetFullPath(output).TrimEnd('/') + ".slurm", jobs);
    }

    private static int Sweep(ParseResult arguments, IPrinter printer)
    {
        string study = Path.GetFullPath(arguments.GetRequiredValue(_study));
        string command = Command(arguments, "sweep", study);
        string page = arguments.GetValue(SharedOptions.Html) is { } html ? $" --html {ShellWord.Quoted(Path.GetFullPath(html))}" : "";
        int parts = arguments.GetValue(_parts);
        long memory = SharedOptions.Merging(arguments).MemoryBytes + (4 * MoreBytes);
        return Write(arguments, printer, Path.ChangeExtension(study, ".slurm"),
        [
            new SlurmJob("parts", $"{command} --part \"$SLURM_ARRAY_TASK_ID/{parts}\"", parts, memory, AfterFailure: false),
            new SlurmJob("compare", command + page, 0, memory, AfterFailure: true),
        ]);
    }

    private static int Write(ParseResult arguments, IPrinter printer, string folder, List<SlurmJob> jobs)
    {
        IEnumerable<string> settings = _settings.Select(setting => (setting.Name, Value: arguments.GetValue(setting)))
            .Where(setting => setting.Value is not null)
                .Select(setting => $"{setting.Name}={setting.Value}");
        SlurmJobs scripts = new(folder, [.. settings]);
        long? asked = arguments.GetValue(_jobMemory)?.Bytes;
        IReadOnlyList<string> paths;
        try
        {
            paths = scripts.Write([.. jobs.Select(job => job with { MemoryBytes = asked ?? job.MemoryBytes })]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(new Problem(ErrorCodes.WriteFailed, $"{folder}: {exception.Message}",
                "Name an output in a folder that you may write to."), exception);
        }

        string[] ids = arguments.GetValue(_submit) ? Submit(scripts.SubmitPath) : [];
        printer.Write(new WrittenJobs(paths, ids), made =>
        {
            Console.WriteLine(
                $"{folder}: scripts "
                    + $"of {jobs.Count} jobs: "
                    + $"{string.Join(", ", jobs.Select(job => job.Tasks > 0 ? $"{job.Name} (an array of {job.Tasks})" : job.Name))}, "
                    + $"{Bytes.Format(asked ?? jobs.Max(job => job.MemoryBytes))} each");
            Console.WriteLine(ids.Length > 0
                ? $"  submitted: {string.Join(", ", ids)}"
                : $"  submit them, also again:  {scripts.SubmitPath}");
        }, isData: false);
        return 0;
    }

    private static string[] Submit(string script)
    {
        ProcessStartInfo start = new("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> talk = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new MergeHostException([new Problem(
                ErrorCodes.JobsRefused, $"{script}: {talk.Result.Trim().ReplaceLineEndings("; ")}",
                $"Run `{script}` on a machine where sbatch works, or change what it says to Slurm.")]);
    }

    private static string Command(ParseResult arguments, params string[] words)
    {
        string program = Environment.ProcessPath ?? "mergehost";
        string[] start = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "MergeHost.Cli.dll")]
            : [program];
        IEnumerable<string> passed = _passed.Where(option => arguments.GetResult(option) is { Implicit: false })
            .SelectMany(option => arguments.GetResult(option)!.Tokens.Select(token => token.Value).Prepend(option.Name));
        return string.Join(' ', start.Concat(words).Concat(passed).Select(ShellWord.Quoted));
    }

    private static void Describe(IReadOnlyList<StageParts> stages)
    {
        foreach (StageParts stage in stages)
        {
            int done = stage.Parts.Count(part => part.State == "done");
            Console.WriteLine(
                $"{stage.Stage ?? "output"}: {(stage.IsFinished ? "finished" : $"{done} of {stage.Parts.Count} parts are done")}");
            Columns.Write([.. stage.Parts.Where(_ => !stage.IsFinished)
                .Select(part => new[] { part.Part, part.State, $"{part.DoneTensors} of {part.TotalTensors} tensors",
                    Bytes.Format(part.LengthBytes) })], indent: 2);
        }
    }

    private static void NeedsParts(CommandResult command, bool isOptional)
    {
        if (!isOptional && command.GetResult(_parts) is not { Implicit: false })
        {
            command.AddError("--parts is missing: name how many parts there are");
        }
    }

    private static void CheckParts(OptionResult result)
    {
        if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is < 1 or > MergePart.Most)
        {
            result.AddError($"--parts must be from 1 to {MergePart.Most}, found '{result.Tokens[0].Value}'");
        }
    }

    // What Slurm reads from a line of its own must stay one word.
    private static Option<string?> Setting(string name, string value, string description) => new(name)
    {
        Description = description,
        HelpName = value,
        Validators =
        {
            option =>
            {
                if (option.Tokens.Any(token => token.Value.Length == 0
                    || token.Value.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter))))
                {
                    option.AddError($"{name} must be one word");
                }
            },
        },
    };
}
