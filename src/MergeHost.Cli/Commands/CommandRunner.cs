using System.CommandLine;
using System.Runtime.InteropServices;
using MergeHost.Cli.Output;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MergeHost.Cli.Commands;

/// <summary>Runs the action of a command: builds the host, and turns what goes wrong into messages and exit codes.</summary>
internal static class CommandRunner
{
    private const int Bug = 1;
    private const int Cancelled = 130;

    /// <summary>Runs an action.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="action">Does the work, and gives the exit code.</param>
    public static int Run(ParseResult arguments, Func<MergeEngine, IPrinter, CancellationToken, int> action)
    {
        bool isQuiet = arguments.GetValue(SharedOptions.Quiet);
        IPrinter printer = arguments.GetValue(SharedOptions.Json) ? new JsonPrinter(isQuiet) : new TextPrinter(isQuiet);
        using CancellationTokenSource cancellation = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Cancel(signal, cancellation));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Cancel(signal, cancellation));
        try
        {
            using IHost host = BuildHost(arguments.GetValue(SharedOptions.Plugins));
            return action(host.Services.GetRequiredService<MergeEngine>(), printer, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            printer.Say("stopped");
            return Cancelled;
        }
        catch (MergeHostException exception)
        {
            foreach (Problem problem in exception.Problems)
            {
                printer.Show(problem);
            }

            return exception.Code.ExitCode;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception);
            Console.Error.WriteLine("This is a bug of MergeHost. Please report it with the lines above and the command you ran.");
            return Bug;
        }
    }

    // The first signal asks to stop at a good place; the second ends the program at once.
    private static void Cancel(PosixSignalContext signal, CancellationTokenSource cancellation)
    {
        signal.Cancel = !cancellation.IsCancellationRequested;
        cancellation.Cancel();
    }

    private static IHost BuildHost(string? pluginsPath)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        LogLevel level = Enum.TryParse(Environment.GetEnvironmentVariable("MERGEHOST_LOG"), ignoreCase: true, out LogLevel named) ? named : LogLevel.Warning;
        builder.Logging.SetMinimumLevel(level).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(services => new MergeEngine(services, pluginsPath));
        return builder.Build();
    }
}
