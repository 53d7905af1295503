using System.Runtime.InteropServices;
using MergeHost.Models.Calls;

namespace MergeHost.Cli.Commands;

/// <summary>Ctrl-C and SIGTERM: the first asks the work to stop, and ends the program where it does not do
/// so soon; the second ends it at once.</summary>
/// <remarks>
/// To end at once loses nothing: outputs, journals and caches are written so that a crash at any moment leaves what the same command
/// resumes. So native code that cannot be interrupted need not be waited for.
/// </remarks>
internal sealed partial class StopSignal : IDisposable
{
    /// <summary>The exit code of what was stopped.</summary>
    public const int ExitCode = 130;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1.2);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly ManualResetEventSlim _isAsked = new();
    private readonly ManualResetEventSlim _isOver = new();
    private readonly Action _farewell;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    /// <param name="farewell">Tells the user what to do next; called once if the program is stopped.</param>
    public StopSignal(Action farewell)
    {
        _farewell = farewell;

        // Work that fills the pool must not keep a signal waiting.
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + 16), ports);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        new Thread(Watch) { IsBackground = true, Name = "stop signal" }.Start();
    }

    /// <summary>Asks to stop.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Says what to do next, after the work has stopped by itself.</summary>
    public int End()
    {
        _isOver.Set();
        _farewell();
        return ExitCode;
    }

    public void Dispose()
    {
        _isOver.Set();
        _isAsked.Set();
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (_isAsked.IsSet)
        {
            Leave(ExitCode);
        }

        // Callbacks of the token may take their time.
        _isAsked.Set();
        Task.Run(_cancellation.Cancel);
    }

    private void Watch()
    {
        _isAsked.Wait();
        if (!_isOver.Wait(_patience))
        {
            if (PluginCall.Longest is { } call)
            {
                Console.Error.WriteLine($"{call} did not stop when asked to");
            }

            _farewell();
            Leave(ExitCode);
        }
    }

    /// <summary>Ends the program at once.</summary>
    public static void Leave(int exitCode)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            ExitNow(exitCode);
        }

        Environment.Exit(exitCode);
    }

    // Without the runtime's own end, which waits for native code.
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int status);
}
