using System.Collections.Concurrent;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models.Calls;

/// <summary>Calls into a plugin: what it throws, prints or ends is put down to the plugin.</summary>
/// <param name="Export">What is called.</param>
/// <param name="At">At what, such as <c>tensor 'lm_head.weight'</c>, or <see langword="null"/>.</param>
internal sealed record PluginCall(InstalledExport Export, string? At)
{
    // What each thread is in: kernels are called too often for a table that threads share.
    private static readonly ThreadLocal<Slot> _slots = new(() => new Slot(), trackAllValues: true);

    /// <summary>The call that this thread is in.</summary>
    public static PluginCall? Current => _slots.Value!.Call;

    /// <summary>The call that has run longest, on any thread; of calls in calls, the inner one counts.</summary>
    public static PluginCall? Longest => _slots.Values.Where(slot => slot.Call is not null).MinBy(slot => slot.Since)?.Call;

    /// <summary>What plugins threw in this process, in order, with their traces.</summary>
    public static ConcurrentQueue<Exception> Thrown { get; } = [];

    /// <summary>The code of the plugin's mistakes.</summary>
    public ErrorCode Code => Export.Export.Kind.Failure();

    /// <summary>Calls a plugin.</summary>
    /// <param name="export">What is called; <see langword="null"/> for what is no plugin's.</param>
    /// <param name="at">At what, or <see langword="null"/>.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="MergeHostException">The plugin threw something else than a refusal.</exception>
    public static T Run<T>(InstalledExport? export, string? at, Func<T> call)
    {
        if (export is null)
        {
            return call();
        }

        T result = default!;
        new PluginCall(export, at).Run(() => result = call());
        return result;
    }

    /// <summary>Calls the plugin.</summary>
    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action call)
    {
        using Scope scope = Enter();
        try
        {
            call();
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            throw PluginMistake.Failed(Export, exception, At);
        }
    }

    /// <summary>Begins a call, which ends where the result is disposed.</summary>
    public Scope Enter() => new(_slots.Value!, this);

    public override string ToString() => $"{Export.Export} of plugin {Export.Plugin}{(At is null ? "" : $" ({At})")}";

    /// <summary>The time in which a thread is in a call.</summary>
    internal readonly ref struct Scope
    {
        private readonly Slot _slot;
        private readonly PluginCall? _outer;
        private readonly long _since;

        internal Scope(Slot slot, PluginCall call)
        {
            (_slot, _outer, _since) = (slot, slot.Call, slot.Since);
            slot.Since = Environment.TickCount64;
            slot.Call = call;
        }

        public void Dispose()
        {
            _slot.Call = _outer;
            _slot.Since = _since;
        }
    }

    internal sealed class Slot
    {
        public volatile PluginCall? Call;
        public long Since;
    }
}
