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
    ];

    [GeneratedRegex(@"VmHWM:\s+(\d+) kB")]
    private static partial Regex PeakMemory { get; }

    /// <param name="folder">Where checkpoints are made and merged; 10 GB.</param>
    /// <param name="runs">How often each is timed.</param>
    public static void Run(string folder, int runs)
    {
        foreach ((int expert, string name) in new[] { "base", "expert1", "expert2" }.Index())
        {
            LargeCheckpoint.Write(Path.Combine(folder, name), expert);
        }

        Result[] results = [.. _cases.Select(_ => new Result())];
        for (int run = 0; run < runs; run++)
        {
            foreach ((int index, (string method, string[] models, string recipe)) in _cases.Index())
            {
                string inputs = string.Join(' ', models.Select(model => $"{model}/model.safetensors"));
                double read = Time(folder, "sh", "-c", $"cat {inputs} >/dev/null").Seconds;
                double copy = Time(folder, "cp", "expert1/model.safetensors", "copy").Seconds;
                File.Delete(Path.Combine(folder, "copy"));
                File.WriteAllText(Path.Combine(folder, $"{method}.yaml"), $"merge_method: {method}\n{recipe}\ndtype: bfloat16\n");
                (double seconds, double memory) = Time(folder, Program, "merge", "--quiet", $"{method}.yaml", "out");
                Directory.Delete(Path.Combine(folder, "out"), recursive: true);
                results[index].Add(read, copy, seconds, memory);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{method}: read {read:F2} s, copy {copy:F2} s, merge {seconds:F2} s, {memory:N0} MB"));
            }
        }

        Console.WriteLine(Table(results, runs));
    }

    private static string Sources(string parameters) =>
        string.Join('\n', new[] { "expert1", "expert2" }.Select(model => $"- {{model: {model}, parameters: {{{parameters}}}}}").Prepend("models:"));

    public static (double Seconds, double Megabytes) Time(string folder, string program, params string[] arguments)
    {
        Stopwatch clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        double megabytes = 0;
        while (!process.WaitForExit(5))
        {
            megabytes = Math.Max(megabytes, Peak(process.Id));
        }

        return process.ExitCode == 0 ? (clock.Elapsed.TotalSeconds, megabytes) : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed");
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

    private static string Table(Result[] results, int runs)
    {
        StringBuilder table = new();
        table.AppendLine(CultureInfo.InvariantCulture, $"Best of {runs}, {Environment.ProcessorCount} processors, .NET {Environment.Version}.");
        table.AppendLine("| strategy | floor: cat + cp | merge | ratio | peak memory |");
        table.AppendLine("|---|---|---|---|---|");
        foreach ((Result result, string method) in results.Zip(_cases.Select(one => one.Method)))
        {
            table.AppendLine(CultureInfo.InvariantCulture,
                $"| {method} | {result.Floor:F2} s | {result.Merge:F2} s | {result.Merge / result.Floor:F2} | {result.Megabytes:F0} MB |");
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

        public void Add(double read, double copy, double merge, double megabytes)
        {
            _read = Math.Min(_read, read);
            _copy = Math.Min(_copy, copy);
            Merge = Math.Min(Merge, merge);
            Megabytes = Math.Max(Megabytes, megabytes);
        }
    }
}
