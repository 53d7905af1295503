using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Timing;

namespace MergeHost.Cli.Commands;

/// <summary>Says where the time of a command went, if its command line asks for it.</summary>
internal static class Timings
{
    /// <summary>Where the trace is written.</summary>
    public static Option<string?> Trace { get; } = new("--timings")
    {
        Description = "Say where the time went, and write a trace for ui.perfetto.dev",
        HelpName = "FILE",
    };

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="printer">Tells where the time went.</param>
    /// <param name="run">The command.</param>
    /// <exception cref="MergeHostException">The trace cannot be written.</exception>
    public static int Take(ParseResult arguments, IPrinter printer, Func<int> run)
    {
        if (arguments.GetValue(Trace) is not { } path)
        {
            return run();
        }

        OutputFile.Check(path);
        using StepClock clock = new();
        int exitCode = run();
        TimingSummary summary = clock.Summarize();
        OutputFile.Write(path, clock.ToTrace());
        foreach (string line in Columns.Lines([["step", "times", "seconds", "bytes", "GB/s"], .. summary.Steps.Select(Row)], int.MaxValue))
        {
            printer.Say(line.TrimEnd());
        }

        printer.Say(string.Create(CultureInfo.InvariantCulture,
            $"{summary.Wall.TotalSeconds:F2} s since the start; steps of several threads add up; 'rest' is the main thread's time outside "
                + $"of them; {path}: written"));
        return exitCode;
    }

    private static string[] Row(StepTime step) =>
    [
        step.Name, step.Count.ToString(CultureInfo.InvariantCulture), step.Time.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture),
        step.Bytes == 0 ? "" : Bytes.Format(step.Bytes),
        step.Bytes == 0 ? "" : (step.Bytes / Math.Max(1e-9, step.Time.TotalSeconds) / 1e9).ToString("F2", CultureInfo.InvariantCulture),
    ];
}
