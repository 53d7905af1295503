using System.CommandLine;
using MergeHost.Cli.Output;
using MergeHost.Packages;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost torch install cpu|cuda</c></summary>
internal static class TorchCommand
{
    private static readonly Argument<string> _backend = Backend();

    public static Command Create() =>
        new("torch",
            "Installs libtorch, by which models are run and GPUs compute. Merging on the processor does not need it.") { CreateInstall() };

    private static Command CreateInstall()
    {
        Command command = new("install",
            "Fetches libtorch from your package feeds into your cache, once: about 130 MB for the processor, 3 GB for NVIDIA GPUs.")
        {
            _backend, SharedOptions.Source, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, cancellation) =>
        {
            string backend = arguments.GetRequiredValue(_backend);
            using PackageFeeds feeds = PackageFeeds.Open(arguments.GetValue(SharedOptions.Source), asksGlobalFolder: true);
            TorchInstaller installer = new(feeds, TorchInstaller.Place);
            (string folder,
                bool wasThere) = printer.Track("fetching",
                    progress => installer.Install(backend, progress, cancellation).GetAwaiter().GetResult());
            printer.Write(new InstalledTorch(backend, folder, wasThere),
                made => Console.WriteLine(
                    $"libtorch for {made.Backend}: {(made.WasThere ? "already installed in" : "installed in")} {made.Folder}"),
                        isData: false);
            return 0;
        }));
        return command;
    }

    private static Argument<string> Backend()
    {
        Argument<string> backend =
            new("BACKEND") { Description = "cpu for the processor, cuda for NVIDIA GPUs, which computes on the processor too" };
        backend.AcceptOnlyFromAmong([.. TorchInstaller.Backends]);
        return backend;
    }
}
