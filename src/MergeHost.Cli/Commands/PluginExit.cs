using MergeHost.Cli.Output;
using MergeHost.Models.Calls;

namespace MergeHost.Cli.Commands;

/// <summary>Says so where code of a plugin ends the program, which would else look like success.</summary>
internal sealed class PluginExit : IDisposable
{
    private readonly IPrinter _printer;

    public PluginExit(IPrinter printer)
    {
        _printer = printer;
        AppDomain.CurrentDomain.ProcessExit += Tell;
    }

    public void Dispose() => AppDomain.CurrentDomain.ProcessExit -= Tell;

    private void Tell(object? sender, EventArgs arguments)
    {
        // The one that ends the program waits inside its call; this runs on another thread.
        PluginCall? call = PluginCall.Longest;
        ErrorCode code = call?.Code ?? ErrorCodes.PluginFailed;
        string who = call?.ToString() ?? "code of a plugin";
        _printer.Show([new Problem(code, $"{who} ended the program", "Report it to the plugin's author, or install another version.")]);
        AppDomain.CurrentDomain.ProcessExit -= Tell;
        StopSignal.Leave(code.ExitCode);
    }
}
