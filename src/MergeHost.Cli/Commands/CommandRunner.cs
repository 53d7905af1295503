using System.CommandLine;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Evaluation.Suites;
using MergeHost.Plugins;
using MergeHost.Reports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MergeHost.Cli.Commands;

/// <summary>Runs the action of a command: builds the host, and turns what goes wrong into messages and exit codes.</summary>
internal static class CommandRunner
{
    private const int Bug = 1;

    /// <summary>Runs an action.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="action">Does the work, and gives the exit code.</param>
    public static int Run(ParseResult arguments, Func<MergeEngine, IPrinter, CancellationToken, int> action)
    {
        bool isQuiet = arguments.GetValue(SharedOptions.Quiet);
        IPrinter printer = arguments.GetValue(SharedOptions.Json) ? new JsonPrinter(isQuiet) : new TextPrinter(isQuiet);
        MergeEngine? engine = null;
        using StopSignal stop = new(() => printer.Say($"stopped{WhatNext(arguments)}"));
        try
        {
            foreach (string file in new[] { arguments.GetValue(SharedOptions.Html), arguments.GetValue(SharedOptions.WriteBest) }
                .OfType<string>())
            {
                OutputFile.Check(file);
            }

            using PluginExit exit = new(printer);
            using IHost host = BuildHost(arguments, printer);
            engine = host.Services.GetRequiredService<MergeEngine>();
            if (arguments.GetValue(SharedOptions.Verbose))
            {
                SayWhatHolds(arguments, engine, printer);
            }

            return action(engine, printer, stop.Token);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            return stop.End();
        }
        catch (MergeHostException exception)
        {
            // Whoever meets an error may not know that a plugin of theirs is in the place of ours.
            printer.Show([.. exception.Problems, .. engine?.Shadowing ?? []]);
            if (arguments.GetValue(SharedOptions.Trace))
            {
                PluginTrace.Write();
            }

            return exception.Code.ExitCode;
        }
        catch (Exception) when (stop.Token.IsCancellationRequested)
        {
            // Work that is torn down may fail in ways that it otherwise does not.
            return stop.End();
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception);
            Console.Error.WriteLine("This is a bug of MergeHost. Please report it with the lines above and the command you ran.");
            return Bug;
        }
    }

    /// <summary>What one who stopped a command is told to do.</summary>
    public static string WhatNext(ParseResult arguments) => arguments.CommandResult.Command.Name switch
    {
        "merge" or "convert" or "transplant" or "extract" or "download" or "push" => ": run the same command again to resume",
        "evaluate" or "sweep" or "score" => arguments.GetValue(SharedOptions.NoCache)
            ? ": nothing is kept with --no-cache"
            : ": finished measurements are kept; run the same command again to resume",
        _ => "",
    };

    private static void SayWhatHolds(ParseResult arguments, MergeEngine engine, IPrinter printer)
    {
        MergeOptions options = SharedOptions.Merging(arguments);
        printer.Say(
            $"device {options.Device}, {options.Threads} threads, {Bytes.Format(options.MemoryBytes)} of memory, seed {options.Seed}; "
                + $"cache {options.CacheFolder ?? "none"}");
        foreach (PluginSummary plugin in engine.ListPlugins().Plugins)
        {
            printer.Say($"plugin {plugin.Id} {plugin.Version} from {plugin.Folder}");
        }
    }

    private static IHost BuildHost(ParseResult arguments, IPrinter printer)
    {
        string? pluginsPath = arguments.GetValue(SharedOptions.Plugins);
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        LogLevel level = Enum.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_LOG"), ignoreCase: true, out LogLevel named) ? named
            : arguments.GetValue(SharedOptions.Verbose) ? LogLevel.Information : LogLevel.Warning;
        builder.Logging.SetMinimumLevel(level);
        builder.Services.AddSingleton<ILoggerProvider>(_ => new PrinterLogs(printer));
        builder.Services.AddSingleton(services => new MergeEngine(services, pluginsPath) { Suites = ReadSuite });
        return builder.Build();
    }

    // Only recipes that name a suite load what measures.
    private static IReadOnlyList<SuiteTaskSummary> ReadSuite(string path, IReadOnlyList<string> only, PluginSet plugins, PluginHost host) =>
        SuiteReader.Check(path, only, plugins, host);
}
