using System.CommandLine;
using System.CommandLine.Parsing;
using MergeHost.Cli.Output;
using MergeHost.Cli.Output.Formatting;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost explain [CODE]</c></summary>
internal static class ExplainCommand
{
    private static readonly Argument<string?> _code = new("CODE")
    {
        Description = "The code of an error or warning, such as MH2011; without one, all are listed",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { _ => ErrorPage.Codes },
        Validators = { Check },
    };

    public static Command Create()
    {
        Command command = new("explain", "Says what an error's code means, what to do, and shows an example.")
        {
            _code, SharedOptions.Json, SharedOptions.Quiet,
        };
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, printer, _) =>
        {
            if (arguments.GetValue(_code) is { } code)
            {
                printer.Write(ErrorPage.Find(code)!, page => page.Write());
            }
            else
            {
                printer.Write(ErrorPage.Codes.Select(known => ErrorPage.Find(known)!).ToList(), List);
            }

            return 0;
        }));
        return command;
    }

    private static void List(IReadOnlyList<ErrorPage> pages) => Columns.Write([.. pages.Select(page => new[] { page.Code, page.Title })]);

    private static void Check(ArgumentResult result)
    {
        if (result.GetValueOrDefault<string?>() is { } code && ErrorPage.Find(code) is null)
        {
            result.AddError($"'{code}' is no code; codes are MH and four digits, and `mergehost explain` lists them");
        }
    }
}
