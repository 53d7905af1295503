using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using MergeHost.Cli.Output;
using MergeHost.Cli.Serving;
using MergeHost.Runtimes;

namespace MergeHost.Cli.Commands;

/// <summary><c>mergehost serve MODEL</c></summary>
internal static class ServeCommand
{
    private static readonly Argument<string> _model = new("MODEL") { Description = "A checkpoint, or a recipe (.yaml): it is merged in memory, and nothing is written" };

    private static readonly Option<IPAddress> _host = new("--host")
    {
        Description = "The address that is listened at; 0.0.0.0 lets other machines in, and there is no password",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = ParseAddress,
    };

    private static readonly Option<int> _port = new("--port")
    {
        Description = "The port; 0 takes any that is free",
        HelpName = "N",
        DefaultValueFactory = _ => 8000,
        Validators = { CheckPort },
    };

    public static Command Create()
    {
        Command command = new("serve", "Serves a model by HTTP as OpenAI's completions, for harnesses such as lm_eval, until it is interrupted.")
        {
            _model, _host, _port, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Seed, SharedOptions.Memory, SharedOptions.Cache,
            SharedOptions.NoCache, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            string path = arguments.GetRequiredValue(_model);
            MergeOptions options = SharedOptions.Merging(arguments);
            using ILanguageModel model = engine.Load(path, options, printer.Show, cancellation);
            IPEndPoint address = new(arguments.GetRequiredValue(_host), arguments.GetValue(_port));
            ServeAsync(model, ModelName.Of(path), address, printer, cancellation).GetAwaiter().GetResult();
            return 0;
        }));
        return command;
    }

    private static async Task ServeAsync(ILanguageModel model, string name, IPEndPoint address, IPrinter printer, CancellationToken cancellation)
    {
        await using CompletionServer server = new(model, name, address);
        string url = await StartAsync(server, address).ConfigureAwait(false);
        printer.Write(new { Model = name, Url = url }, serving => Console.WriteLine($"{serving.Url}: serving {serving.Model} until it is interrupted (Ctrl+C)"));
        await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
        await server.StopAsync().ConfigureAwait(false);
    }

    private static async Task<string> StartAsync(CompletionServer server, IPEndPoint address)
    {
        try
        {
            return await server.StartAsync().ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new MergeHostException(new Problem(ErrorCodes.AddressUnavailable, $"{address} cannot be listened at: {exception.Message.TrimEnd('.')}", "Choose another --port."), exception);
        }
    }

    private static IPAddress? ParseAddress(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? address))
        {
            return address;
        }

        result.AddError($"--host must be an IP address, found '{result.Tokens[0].Value}'");
        return null;
    }

    private static void CheckPort(OptionResult result)
    {
        if (result.GetValueOrDefault<int>() is < 0 or > 65535)
        {
            result.AddError("--port must be in [0, 65535]");
        }
    }
}
