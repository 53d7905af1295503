using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Runtimes;
using MergeHost.Serving;

namespace MergeHost.Cli.Commands;

/// <summary><c>mergehost serve MODEL</c></summary>
internal static class ServeCommand
{
    private static readonly Argument<string> _model =
        new("MODEL") { Description = "A checkpoint, or a recipe (.yaml): it is merged in memory, and nothing is written" };

    private static readonly Option<IPAddress> _host = new("--host")
    {
        Description = "The address that is listened at; 0.0.0.0 lets other machines in, who need the key of --api-key",
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

    private static readonly Option<string?> _key = new("--api-key")
    {
        Description =
            "The key that clients must send as `Authorization: Bearer KEY`; MERGEHOST_API_KEY by default, which other users of the machine "
                + "cannot see",
        HelpName = "KEY",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("MERGEHOST_API_KEY"),
    };

    public static Command Create()
    {
        Command command = new("serve",
            "Serves a model by HTTP as OpenAI's completions and chats, for harnesses such as lm_eval, until it is interrupted.")
        {
            _model, _host, _port, _key, SharedOptions.Device, SharedOptions.Threads, SharedOptions.Seed, SharedOptions.Memory,
            SharedOptions.Cache,
            SharedOptions.NoCache, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            string path = arguments.GetRequiredValue(_model);
            IPAddress host = arguments.GetRequiredValue(_host);
            string? key = arguments.GetValue(_key) is { Length: > 0 } given ? given : null;
            if (key is null && !IPAddress.IsLoopback(host))
            {
                throw new MergeHostException([new Problem(ErrorCodes.AddressUnavailable,
                    $"{host} lets other machines in, and there is no key",
                    "Set one with `--api-key KEY`, or listen at 127.0.0.1.")]);
            }

            MergeOptions options = SharedOptions.Merging(arguments);
            using ILanguageModel model = engine.Load(path, options, printer.Show, cancellation);
            IPEndPoint address = new(host, arguments.GetValue(_port));
            ServeAsync(model, ModelName.Of(path), address, key, printer, cancellation).GetAwaiter().GetResult();
            return 0;
        }));
        return command;
    }

    private static async Task ServeAsync(ILanguageModel model, string name, IPEndPoint address, string? key, IPrinter printer,
        CancellationToken cancellation)
    {
        await using CompletionServer server = new(model, name, address, key);
        string url = await StartAsync(server, address).ConfigureAwait(false);
        printer.Write(new ServedModel(name, url),
            serving => Console.WriteLine($"{serving.Url}: serving {serving.Model} until it is interrupted (Ctrl+C)"));
        await Task.Delay(Timeout.Infinite, cancellation)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
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
            throw new MergeHostException(new Problem(ErrorCodes.AddressUnavailable,
                $"{address} cannot be listened at: {exception.Message.TrimEnd('.')}", "Choose another --port."), exception);
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
