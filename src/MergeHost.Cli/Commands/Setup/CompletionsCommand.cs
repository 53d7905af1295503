using System.CommandLine;

namespace MergeHost.Cli.Commands.Setup;

/// <summary><c>mergehost completions bash|zsh|fish|pwsh</c></summary>
/// <remarks>The scripts ask the program itself, which knows its commands, options and what is installed; where
/// it knows nothing, shells offer files.</remarks>
internal static class CompletionsCommand
{
    private static readonly Dictionary<string, string> _scripts = new()
    {
        ["bash"] = """
            # eval "$(mergehost completions bash)" in ~/.bashrc
            _mergehost() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(mergehost "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _mergehost mergehost
            """,
        ["zsh"] = """
            # eval "$(mergehost completions zsh)" in ~/.zshrc, after compinit
            _mergehost() {
              local -a names
              names=("${(@f)$(mergehost "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
              [[ -n "${names[1]}" ]] && compadd -a names
              _files
            }
            compdef _mergehost mergehost
            """,
        ["fish"] = """
            # mergehost completions fish | source  in ~/.config/fish/config.fish
            complete -c mergehost -a '(mergehost "[suggest:"(string length -- (commandline -cp))"]" (commandline -cp) 2>/dev/null)'
            """,
        ["pwsh"] = """
            # mergehost completions pwsh | Out-String | Invoke-Expression  in $PROFILE
            Register-ArgumentCompleter -Native -CommandName mergehost -ScriptBlock {
              param($word, $line, $position)
              mergehost "[suggest:$position]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
              }
            }
            """,
    };

    private static readonly Argument<string> _shell = Shell();

    public static Command Create()
    {
        Command command = new("completions", "Prints a script that completes commands, options and names of what is installed.") { _shell };
        command.SetAction(arguments => Console.Out.WriteLine(_scripts[arguments.GetRequiredValue(_shell)]));
        return command;
    }

    private static Argument<string> Shell()
    {
        Argument<string> shell = new("SHELL") { Description = "The shell" };
        shell.AcceptOnlyFromAmong([.. _scripts.Keys]);
        return shell;
    }
}
