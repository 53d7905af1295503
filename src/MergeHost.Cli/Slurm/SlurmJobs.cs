using System.Globalization;
using System.Text;
using MergeHost.Cli.Output.Formatting;

namespace MergeHost.Cli.Slurm;

/// <summary>A job of Slurm, or an array of them.</summary>
/// <param name="Name">What its script and its log are named after.</param>
/// <param name="Command">The command, quoted for a shell; in an array <c>$SLURM_ARRAY_TASK_ID</c> is the task's number, from 1.</param>
/// <param name="Tasks">How many tasks an array has; 0 for a single job.</param>
/// <param name="MemoryBytes">How much memory each takes.</param>
/// <param name="AfterFailure">Whether it runs after the job before it, however that ended: it then names what is missing.</param>
internal sealed record SlurmJob(string Name, string Command, int Tasks, long MemoryBytes, bool AfterFailure);

/// <summary>Writes the scripts of jobs that run one after the other, and the script that submits them.</summary>
/// <param name="folder">Where scripts and logs are written.</param>
/// <param name="settings">What all jobs say to Slurm, as options of sbatch.</param>
internal sealed class SlurmJobs(string folder, IReadOnlyList<string> settings)
{
    // How many seconds before its time is over a job is told to stop; it then goes on in a new one.
    private const int WarningSeconds = 120;

    /// <summary>The script that submits all.</summary>
    public string SubmitPath => Path.Combine(folder, "submit.sh");

    /// <summary>Writes the scripts.</summary>
    /// <returns>Their paths, in the order in which they run, and the one that submits them last.</returns>
    /// <exception cref="IOException">They cannot be written.</exception>
    public IReadOnlyList<string> Write(IReadOnlyList<SlurmJob> jobs)
    {
        Directory.CreateDirectory(folder);
        List<string> paths = [];
        foreach (SlurmJob job in jobs)
        {
            paths.Add(Path.Combine(folder, $"{job.Name}.sbatch"));
            File.WriteAllText(paths[^1], Script(job));
        }

        File.WriteAllText(SubmitPath, Submission(jobs));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(SubmitPath, File.GetUnixFileMode(SubmitPath) | UnixFileMode.UserExecute);
        }

        return [.. paths, SubmitPath];
    }

    private string Script(SlurmJob job)
    {
        StringBuilder text = new();
        bool isArray = job.Tasks > 0;
        Line("#!/usr/bin/env bash");
        Line($"#SBATCH --job-name=mergehost-{job.Name}");

        // Beside the script, since jobs are submitted from its folder: a path may hold what Slurm replaces.
        Line($"#SBATCH --output={job.Name}{(isArray ? "-%a" : "")}.log");
        Line("#SBATCH --open-mode=append");
        Line("#SBATCH --requeue");
        Line(string.Create(CultureInfo.InvariantCulture, $"#SBATCH --signal=B:USR1@{WarningSeconds}"));
        Line(string.Create(CultureInfo.InvariantCulture, $"#SBATCH --mem={Math.Max(1, (job.MemoryBytes + (1 << 20) - 1) >> 20)}M"));
        foreach (string setting in settings)
        {
            Line($"#SBATCH {setting}");
        }

        if (isArray)
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"#SBATCH --array=1-{job.Tasks}"));
        }

        Line("");
        Line($"cd {ShellWord.Quoted(Environment.CurrentDirectory)} || exit 2");
        Line("");
        Line("# Shortly before the time is over: stop, and go on in a new job where this one stops.");
        Line("resume() {");
        Line("  kill -TERM \"$work\" 2> /dev/null");
        Line("  wait \"$work\"");
        Line($"  scontrol requeue {(isArray ? "\"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\"" : "\"$SLURM_JOB_ID\"")}");
        Line("  exit 75");
        Line("}");
        Line("trap resume USR1");
        Line($"{job.Command} &");
        Line("work=$!");
        Line("wait \"$work\"");
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    private string Submission(IReadOnlyList<SlurmJob> jobs)
    {
        StringBuilder text = new();
        text.Append(
            "#!/usr/bin/env bash\n# Submits the jobs. It may be run again at any time: what is done ends at once.\nset -euo pipefail\n");
        text.Append(CultureInfo.InvariantCulture, $"cd {ShellWord.Quoted(folder)}\n");
        string before = "";
        foreach (SlurmJob job in jobs)
        {
            string after = before.Length == 0
                ? ""
                : $" --dependency={(job.AfterFailure ? "afterany" : "afterok")}:$id --kill-on-invalid-dep=yes";
            text.Append(CultureInfo.InvariantCulture,
                $"id=$(sbatch --parsable{after} {ShellWord.Quoted(job.Name)}.sbatch)\nid=${{id%%;*}}\necho \"{job.Name} $id\"\n");
            before = job.Name;
        }

        return text.ToString();
    }
}
