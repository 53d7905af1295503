using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace MergeHost.Perf;

/// <summary>Whole merges of 1.24 billion parameters, as processes, against the floor: <c>cat</c> of the inputs plus <c>cp</c> of one output.</summary>
/// <remarks>The page cache is warm. Floor and merges take turns, so that a machine that slows down slows all alike; the best of the runs counts.</remarks>
internal static partial class MergePerf
{
    public static string Program { get; } = typeof(MergePerf).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Program").Value!;

    private static readonly (string Method, string[] Models, string Recipe)[] _cases =
    [
        ("passthrough", ["expert1"], "models: [{model: expert1}]"),
        ("linear", ["expert1", "expert2"], Sources("weight: 0.5")),
        ("task_arithmetic", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5")),
        ("slerp", ["expert1", "expert2"], "base_model: expert1\nmodels: [{model: expert2}]\nparameters: {t: 0.4}"),
        ("dare_linear", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("dare_ties", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("ties", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("nearswap", ["base", "expert1"], "base_model: base\nmodels: [{model: expert1}]\nparameters: {t: 0.001}"),
        ("ram", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("")),
        ("ramplus_tl", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("")),
        ("breadcrumbs", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("breadcrumbs_ties", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("della", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("della_linear", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5, density: 0.3")),
        ("sce", ["base", "expert1", "expert2"], "base_model: base\nparameters: {select_topk: 0.3}\n" + Sources("")),
        ("model_stock", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("")),
        ("nuslerp", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5")),
        ("multislerp", ["base", "expert1", "expert2"], "base_model: base\n" + Sources("weight: 0.5")),
        ("karcher", ["expert1", "expert2"], Sources("")),
        ("arcee_fusion", ["base", "expert1"], "base_model: base\nmodels: [{model: expert1}]"),
    ];

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakMemory { get; }

    /// <param name="folder">Where checkpoints are made and merged; 10 GB.</param>
    /// <param name="runs">How often each is timed.</param>
    /// <param name="layers">How many layers; 16 make 1.24 billion parameters.</param>
    /// <param name="methods">Which are timed; all if none is named.</param>
    public static void Run(string folder, int runs, int layers = 16, params string[] methods)
    {
        foreach ((int expert, string name) in new[] { "base", "expert1", "expert2" }.Index())
        {
            LargeCheckpoint.Write(Path.Combine(folder, name), expert, layers);
        }

        (string Method, string[] Models, string Recipe)[] cases = [.. _cases.Where(one => methods.Length == 0 || methods.Contains(one.Method))];
        Result[] results = [.. cases.Select(_ => new Result())];
        for (int run = 0; run < runs; run++)
        {
            foreach ((int index, (string method, string[] models, string recipe)) in cases.Index())
            {
                string inputs = string.Join(' ', models.Select(model => $"{model}/model.safetensors"));
                double read = Time(folder, "sh", "-c", $"cat {inputs} >/dev/null").Seconds;
                double copy = Time(folder, "cp", "expert1/model.safetensors", "copy").Seconds;
                File.Delete(Path.Combine(folder, "copy"));
                File.WriteAllText(Path.Combine(folder, $"{method}.yaml"), $"merge_method: {method}\n{recipe}\ndtype: bfloat16\n");
                (double seconds, double memory, double processor) = Time(folder, Program, "merge", "--quiet", $"{method}.yaml", "out");
                Directory.Delete(Path.Combine(folder, "out"), recursive: true);
                results[index].Add(read, copy, seconds, memory, processor);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{method}: read {read:F2} s, copy {copy:F2} s, merge {seconds:F2} s, {processor:F2} s of processors, {memory:N0} MB"));
            }
        }

        Console.WriteLine(Table(cases, results, runs));
    }

    private static string Sources(string parameters) =>
        string.Join('\n', new[] { "expert1", "expert2" }.Select(model => $"- {{model: {model}, parameters: {{{parameters}}}}}").Prepend("models:"));

    public static (double Seconds, double Megabytes, double ProcessorSeconds) Time(string folder, string program, params string[] arguments)
    {
        Stopwatch clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        double megabytes = 0;
        double processor = 0;
        while (!process.WaitForExit(5))
        {
            megabytes = Math.Max(megabytes, Peak(process.Id));
            processor = Math.Max(processor, ProcessorSeconds(process));
        }

        return process.ExitCode == 0 ? (clock.Elapsed.TotalSeconds, megabytes, processor) : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");
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
            return 1.024e-3 * double.Parse(PeakMemory.Match(File.ReadAllText($"/proc/{process}/status")).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or FormatException)
        {
            return 0;
        }
    }

    private static string Table((string Method, string[] Models, string Recipe)[] cases, Result[] results, int runs)
    {
        StringBuilder table = new();
        table.AppendLine(CultureInfo.InvariantCulture, $"Best of {runs}, {Environment.ProcessorCount} processors, .NET {Environment.Version}.");
        table.AppendLine("| strategy | floor: cat + cp | merge | ratio | both processors | peak memory |");
        table.AppendLine("|---|---|---|---|---|---|");
        foreach ((Result result, string method) in results.Zip(cases.Select(one => one.Method)))
        {
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {method} | {result.Floor:F2} s | {result.Merge:F2} s | {result.Merge / result.Floor:F2} | {result.ProcessorSeconds:F2} s | {result.Megabytes:F0} MB |");
        }

        return table.ToString();
    }

    private sealed class Result
    {
        private double _read = double.MaxValue;
        private double _copy = double.MaxValue;

        public double Floor => _read + _copy;

        public double Merge { get; private set; } = double.MaxValue;

        public double Megabytes { get; private set; }

        public double ProcessorSeconds { get; private set; } = double.MaxValue;

        public void Add(double read, double copy, double merge, double megabytes, double processor)
        {
            ProcessorSeconds = Math.Min(ProcessorSeconds, processor);
            _read = Math.Min(_read, read);
            _copy = Math.Min(_copy, copy);
            Merge = Math.Min(Merge, merge);
            Megabytes = Math.Max(Megabytes, megabytes);
        }
    }
}
