using System.CommandLine;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Commands.Hub;

/// <summary><c>mergehost download NAME</c></summary>
internal static class DownloadCommand
{
    private static readonly Argument<string> _name =
        new("NAME") { Description = "A model of a hub: org/name, org/name@revision, or hf:org/name@revision/folder" };
    private static readonly Option<bool> _all =
        new("--all") { Description = "Every file, rather than what a merge reads and the small files beside it" };

    public static Command Create()
    {
        Command command = new("download",
            "Downloads a model of a hub into the cache that its programs share. Stopped, the same command goes on where it stopped; what "
                + "is there is checked.")
        {
            _name, _all, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            DownloadSummary download = printer.Track("downloading", progress =>
                engine.Download(arguments.GetRequiredValue(_name), arguments.GetValue(_all), printer.Show, progress, cancellation));
            printer.Say(
                $"{download.Address}: {download.Files.Count} files, "
                    + $"{(download.FetchedBytes == 0 ? "all of them were there" : $"{Bytes.Format(download.FetchedBytes)} downloaded")}");
            printer.Write(download, made => Console.WriteLine(made.Folder));
            return 0;
        }));
        return command;
    }
}
