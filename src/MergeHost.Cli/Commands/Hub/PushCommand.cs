using System.CommandLine;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Stores;

namespace MergeHost.Cli.Commands.Hub;

/// <summary><c>mergehost push OUT NAME</c></summary>
internal static class PushCommand
{
    private static readonly Argument<string> _output =
        new("OUT") { Description = "What `mergehost merge` or `mergehost convert` wrote, or a folder with a model" };
    private static readonly Argument<string> _name = new("NAME") { Description = "The model on the hub: org/name" };
    private static readonly Option<bool> _private = new("--private") { Description = "If the model is new, show it to its owners only" };
    private static readonly Option<bool> _pr = new("--pr") { Description = "Open a pull request, rather than change the branch" };
    private static readonly Option<bool> _unverified =
        new("--unverified") { Description = "Push an output that is not what its manifest says, too" };
    private static readonly Option<bool> _anyLicense =
        new("--any-license") { Description = "Push an output whose licence those of its models contradict, too" };
    private static readonly Option<string?> _message = new("--message") { Description = "What was done, in a line", HelpName = "TEXT" };
    private static readonly Option<string?> _revision = new("--revision")
    {
        Description = "The branch that is changed, main by default; made if it is not there",
        HelpName = "BRANCH",
        Validators = { option => Check(option.GetValueOrDefault<string?>(), option.AddError) },
    };

    public static Command Create()
    {
        Command command = new("push",
            "Puts an output on a hub in one commit: what its manifest lists, and its card. Only what is not there is sent; stopped, the "
                + "same command goes on.")
        {
            _output, _name, _private, _revision, _pr, _message, _unverified, _anyLicense, SharedOptions.Plugins, SharedOptions.Json,
            SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (engine, printer, cancellation) =>
        {
            PublishOptions options = new()
            {
                IsPrivate = arguments.GetValue(_private),
                IsProposal = arguments.GetValue(_pr),
                Message = arguments.GetValue(_message),
                IsUnverified = arguments.GetValue(_unverified),
                AnyLicense = arguments.GetValue(_anyLicense),
            };
            string name = arguments.GetRequiredValue(_name) + (arguments.GetValue(_revision) is { } revision ? $"@{revision}" : "");
            PublishedCheckpoint published = printer.Track("pushing", progress =>
                engine.Push(arguments.GetRequiredValue(_output), name, options, printer.Say, progress, cancellation));
            printer.Write(published, made => Console.WriteLine(
                !made.IsChanged
                    ? $"{made.Name}: up to date, nothing was sent"
                    : $"{made.Name}: {Bytes.Format(made.SentBytes)} sent{(made.Address is null ? "" : $"; {made.Address}")}"));
            return 0;
        }));
        return command;
    }

    private static void Check(string? revision, Action<string> refuse)
    {
        if (revision?.Contains('@', StringComparison.Ordinal) == true || revision?.Length == 0)
        {
            refuse("--revision must be the name of a branch");
        }
    }
}
