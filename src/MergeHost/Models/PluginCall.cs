using System.Collections.Concurrent;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models;

/// <summary>A call into a plugin while a merge or a scoring runs: what it throws, prints or ends is put down to the plugin.</summary>
/// <param name="Code">The code of its mistakes.</param>
/// <param name="Export">What is called.</param>
/// <param name="At">At what, such as <c>tensor 'lm_head.weight'</c>.</param>
internal sealed record PluginCall(ErrorCode Code, InstalledExport Export, string At)
{
    private static readonly ConcurrentDictionary<PluginCall, byte> _running = new(ReferenceEqualityComparer.Instance);

    [ThreadStatic]
    private static PluginCall? _current;

    private readonly long _since = Environment.TickCount64;

    /// <summary>The call that this thread is in.</summary>
    public static PluginCall? Current => _current;

    /// <summary>The call that has run longest, on any thread.</summary>
    public static PluginCall? Longest => _running.Keys.MinBy(call => call._since);

    /// <summary>What plugins threw in this process, in order, with their traces.</summary>
    public static ConcurrentQueue<Exception> Thrown { get; } = [];

    /// <summary>Calls a plugin.</summary>
    /// <param name="code">The code of its mistakes.</param>
    /// <param name="export">What is called; <see langword="null"/> for what is no plugin's.</param>
    /// <param name="tensor">The tensor that it is about.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="MergeHostException">The plugin threw something else than a refusal.</exception>
    public static T Run<T>(ErrorCode code, InstalledExport? export, string tensor, Func<T> call)
    {
        if (export is null)
        {
            return call();
        }

        PluginCall? outer = _current;
        PluginCall inner = new(code, export, $"tensor '{tensor}'");
        _current = inner;
        _running.TryAdd(inner, 0);
        try
        {
            return call();
        }
        catch (Exception exception) when (exception is not (MergeHostException or OperationCanceledException))
        {
            throw PluginMistake.Failed(code, export, exception, inner.At);
        }
        finally
        {
            _running.TryRemove(inner, out _);
            _current = outer;
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(ErrorCode code, InstalledExport? export, string tensor, Action call) => Run(code, export, tensor, () =>
    {
        call();
        return 0;
    });

    public override string ToString() => $"{Export.Export} of plugin {Export.Plugin} ({At})";
}
