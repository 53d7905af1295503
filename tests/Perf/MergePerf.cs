using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace MergeHost.Perf;

/// <summary>
/// Whole merges of 1.24 billion parameters, as processes, against two floors: <c>cat</c> of the inputs plus a durable copy of the output,
/// which is what a merge does, and plus <c>cp</c>, which leaves the copy in memory.
/// </summary>
/// <remarks>The page cache is warm. Floors and merges take turns, so that a machine that slows down slows all
/// alike; the best of the runs counts.</remarks>
internal static partial class MergePerf
{
    // The quickest that the usual tools have: `cp` with `sync` of the file takes longer.
    private const string DurableCopy =
        "mkdir copy && for file in out/*; do dd if=$file of=copy/${file#out/} bs=4M oflag=direct conv=fsync status=none || exit 1; done";

    public static string Program { get; } = typeof(MergePerf).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Program").Value!;

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakMemory { get; }

    /// <summary>Times merges and writes a table; what the table told of others stays.</summary>
    /// <param name="results">The folder that the table is kept in, one file for each make of processor.</param>
    /// <param name="folder">Where checkpoints are made and merged; 20 GB.</param>
    /// <param name="runs">How often each is timed.</param>
    /// <param name="layers">How many layers the models have; 16 make 1.24 billion parameters.</param>
    /// <param name="names">Which merges are timed; all if none is named.</param>
    public static void Run(string results, string folder, int runs, int layers, params string[] names)
    {
        foreach ((int expert, string name) in new[] { "base", "expert1", "expert2" }.Index())
        {
            LargeCheckpoint.Write(Path.Combine(folder, name), expert, layers);
        }

        IReadOnlyList<LadderCase> all = Ladder.Cases(layers);
        Dictionary<string, Result> timed = [];
        foreach (LadderCase one in all.Where(one => names.Length == 0 || names.Contains(one.Name)))
        {
            one.Prepare(folder);
            Result result = timed[one.Name] = new Result();
            for (int run = 0; run < runs; run++)
            {
                Time(folder, one, result);
            }

            one.CleanUp(folder);
        }

        string path = Path.Combine(results, $"ladder-{Machine.Make}.md");
        string table = Table(all, timed, File.Exists(path) ? File.ReadAllLines(path) : [], runs, layers);
        File.WriteAllText(path, table);
        Console.WriteLine($"{path}:\n{table}");
    }

    private static void Time(string folder, LadderCase one, Result result)
    {
        string recipe = $"{one.Name.Replace(' ', '-')}.yaml";
        File.WriteAllText(Path.Combine(folder, recipe), one.Recipe + "\ndtype: bfloat16\n");

        // The first makes the page cache warm.
        string cat = $"cat {string.Join(' ', one.Inputs)} >/dev/null";
        _ = Time(folder, "sh", "-c", cat);
        double read = Time(folder, "sh", "-c", cat).Seconds;
        (double seconds, double memory, double processor) = Time(folder, Program, "merge", "--quiet", "--no-card", recipe, "out");
        _ = Time(folder, "sh", "-c", "cat out/* >/dev/null");
        double durable = Time(folder, "sh", "-c", DurableCopy).Seconds;
        Directory.Delete(Path.Combine(folder, "copy"), recursive: true);
        double copy = Time(folder, "cp", "-r", "out", "copy").Seconds;
        Directory.Delete(Path.Combine(folder, "out"), recursive: true);
        Directory.Delete(Path.Combine(folder, "copy"), recursive: true);
        result.Add(read, copy, durable, seconds, memory, processor);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{one.Name}: read {read:F2} s, durable copy {durable:F2} s, cp {copy:F2} s, merge {seconds:F2} s, ")
            + string.Create(CultureInfo.InvariantCulture, $"{processor:F2} s of processors, {memory:N0} MB"));
    }

    public static (double Seconds, double Megabytes, double ProcessorSeconds) Time(string folder, string program, params string[] arguments)
    {
        Stopwatch clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true
        })!;
        double megabytes = 0;
        double processor = 0;
        while (!process.WaitForExit(5))
        {
            megabytes = Math.Max(megabytes, Peak(process.Id));
            processor = Math.Max(processor, ProcessorSeconds(process));
        }

        return process.ExitCode == 0
            ? (clock.Elapsed.TotalSeconds, megabytes, processor)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");
    }

    // Nothing is known of a process that has just ended.
    private static double ProcessorSeconds(Process process)
    {
        try
        {
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }

    // The system keeps the highest mark, so looking now and then is enough.
    private static double Peak(int process)
    {
        try
        {
            return 1.024e-3 * double.Parse(PeakMemory.Match(File.ReadAllText($"/proc/{process}/status")).Groups[1].Value,
                CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            return 0;
        }
    }

    private static string Table(IReadOnlyList<LadderCase> cases, Dictionary<string, Result> timed, string[] before, int runs, int layers)
    {
        StringBuilder table = new();
        table.AppendLine(CultureInfo.InvariantCulture, $"# {Machine.Description}").AppendLine();
        table.AppendLine(
            "Merges by the published program, as processes, page cache warm, output durable on disk when the program ends. Like for like "
                + "is `cat` of");
        table.AppendLine(
            "the inputs plus a durable copy of the output (`dd oflag=direct conv=fsync`); `cp` leaves its copy in memory. All in turns "
                + "with the merge.").AppendLine();
        table.AppendLine("    tests/Perf/ladder.sh FOLDER [RUNS [LAYERS [CASE …]]]").AppendLine();
        table.AppendLine(
            "| merge | cat | durable copy | cp | merge | to cat + durable copy | to cat + cp | both processors | peak memory | layers, "
                + "best of | on |");
        table.AppendLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (string name in cases.Select(one => one.Name))
        {
            string? row = timed.TryGetValue(name, out Result? result) ? result.Row(name, runs, layers)
                : Array.Find(before, line => line.StartsWith($"| {name} |", StringComparison.Ordinal));
            table.Append(row is null ? "" : row + "\n");
        }

        return table.ToString();
    }

    private sealed class Result
    {
        private double _read = double.MaxValue;
        private double _copy = double.MaxValue;
        private double _durable = double.MaxValue;
        private double _merge = double.MaxValue;
        private double _megabytes;
        private double _processor = double.MaxValue;

        public string Row(string name, int runs, int layers) => string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {_read:F2} s | {_durable:F2} s | {_copy:F2} s | {_merge:F2} s "
                + $"| {_merge / (_read + _durable):F2} | {_merge / (_read + _copy):F2} ")
            + string.Create(CultureInfo.InvariantCulture,
                $"| {_processor:F2} s | {_megabytes:F0} MB | {layers}, {runs} | {DateTime.UtcNow:yyyy-MM-dd} |");

        public void Add(double read, double copy, double durable, double merge, double megabytes, double processor)
        {
            _processor = Math.Min(_processor, processor);
            _read = Math.Min(_read, read);
            _copy = Math.Min(_copy, copy);
            _durable = Math.Min(_durable, durable);
            _merge = Math.Min(_merge, merge);
            _megabytes = Math.Max(_megabytes, megabytes);
        }
    }
}
