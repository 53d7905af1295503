using MergeHost.Cli.Commands;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class ManCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Man_WritesAPageOfEveryCommand_WithItsOptions()
    {
        Assert.Equal(0, Cli.Run("man", _folder["man1"]).ExitCode);
        CommandHelp[] commands = [.. CommandHelp.All(MergeHostCommand.Create())];
        Assert.Equal(
            commands.Select(command => command.Name.Replace(' ', '-') + ".1").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(_folder["man1"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        string merge = File.ReadAllText(Path.Combine(_folder["man1"], "mergehost-merge.1"));
        Assert.StartsWith(".TH MERGEHOST-MERGE 1 ", merge, StringComparison.Ordinal);
        Assert.Contains(".SH SYNOPSIS\n.B mergehost merge RECIPE OUT [OPTIONS]\n", merge, StringComparison.Ordinal);
        Assert.Contains("\n.TP\n.B \\-\\-memory SIZE\nHow much memory the merge may take (default: 320M)\n", merge,
            StringComparison.Ordinal);
    }
}
