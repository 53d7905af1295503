using System.CommandLine;
using MergeHost.Cli.Output;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost man FOLDER</c>: the manual pages, which releases carry.</summary>
internal static class ManCommand
{
    private static readonly Argument<string> _folder =
        new("FOLDER") { Description = "The folder to write them to, such as share/man/man1" };

    public static Command Create()
    {
        Command command = new("man", "Writes the manual pages of all commands.") { _folder };
        command.Hidden = true;
        command.SetAction(arguments => CommandRunner.Run(arguments, (_, _, _) =>
        {
            string folder = arguments.GetRequiredValue(_folder);
            Directory.CreateDirectory(folder);
            CommandHelp[] commands = [.. CommandHelp.All(arguments.RootCommandResult.Command)];
            foreach (CommandHelp help in commands)
            {
                OutputFile.Write(Path.Combine(folder, $"{ManPage.NameOf(help)}.1"), ManPage.Write(help, commands));
            }

            return 0;
        }));
        return command;
    }
}
