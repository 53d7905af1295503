using System.CommandLine;
using System.Globalization;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;
using MergeHost.Stores;

namespace MergeHost.Cli.Commands.Hub;

/// <summary><c>mergehost cache list|prune|verify</c></summary>
internal static class CacheCommand
{
    private static readonly Argument<string[]> _names =
        new("NAMES") { Description = "Models of the cache: org/name, or org/name@revision", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> _detached =
        new("--detached") { Description = "Remove revisions, too, that no branch or tag is any more" };
    private static readonly Option<bool> _trial = new("--dry-run") { Description = "Remove nothing, and say what would be removed" };
    private static readonly Option<bool> _remove = new("--remove") { Description = "Remove damaged files, so that they are fetched again" };

    public static Command Create() =>
        new("cache", "Shows, checks and tidies the cache of a hub's models.") { CreateList(), CreatePrune(), CreateVerify() };

    private static Command CreateList()
    {
        Command command =
            new("list", "Lists the models of the cache by revision.") { SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            printer.Write(engine.ListCopies(), List);
            return 0;
        }));
        return command;
    }

    private static Command CreatePrune()
    {
        Command command = new("prune", "Removes unfinished downloads and files that no revision has; and the models that are named.")
        {
            _names, _detached, _trial, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, _) =>
        {
            bool isTrial = arguments.GetValue(_trial);
            IReadOnlyList<RemovedCopy> removed = engine.PruneCopies(arguments.GetValue(_names) ?? [], arguments.GetValue(_detached),
                isTrial);
            printer.Write(removed, all =>
            {
                foreach (RemovedCopy copy in all)
                {
                    Console.WriteLine($"{copy.What}: {Bytes.Format(copy.LengthBytes)}");
                }

                Console.WriteLine($"{Bytes.Format(all.Sum(copy => copy.LengthBytes))} {(isTrial ? "would be removed" : "removed")}");
            });
            return 0;
        }));
        return command;
    }

    private static Command CreateVerify()
    {
        Command command = new("verify", "Compares the files of the cache with their digests.")
        {
            _names, _remove, SharedOptions.Plugins, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            IReadOnlyList<Problem> problems = printer.Track("verifying", progress =>
                engine.VerifyCopies(arguments.GetValue(_names) ?? [], arguments.GetValue(_remove), progress, cancellation));
            printer.Show(problems);
            printer.Write(new Verification(problems.Count == 0, null), result =>
            {
                if (result.IsWhole)
                {
                    Console.WriteLine("every file is what its name says");
                }
            }, isData: false);
            return problems.Count == 0 ? 0 : ErrorCodes.HubDamaged.ExitCode;
        }));
        return command;
    }

    private static void List(CacheSummary cache)
    {
        if (cache.Checkpoints.Count == 0)
        {
            Console.WriteLine($"nothing in {string.Join(", ", cache.Folders)}");
            return;
        }

        Columns.Write([
            .. cache.Checkpoints.Select(copy => new[]
            {
                copy.Name, copy.Commit[..Math.Min(12, copy.Commit.Length)], string.Join(", ", copy.References),
                Bytes.Format(copy.LengthBytes),
                $"{copy.FileCount.ToString(CultureInfo.InvariantCulture)} files",
                copy.MissingCount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{copy.MissingCount} not here"),
            }),
        ]);
    }
}
