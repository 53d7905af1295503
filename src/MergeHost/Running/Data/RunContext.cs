using System.Collections.Concurrent;
using MergeHost.Checkpoints;
using MergeHost.Devices;
using MergeHost.Kernels.Selection;
using MergeHost.Models;
using MergeHost.Plugins.Metadata;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Data;

/// <summary>What all tensors of a running stage share.</summary>
internal sealed class RunContext(MergeOptions options, IReadOnlyDictionary<InputModel, ICheckpointReader> readers, StageOutput output) : IDisposable
{
    private readonly ConcurrentBag<MagnitudeSelection> _selections = [];
    private long _processedBytes;

    public MergeOptions Options => options;

    /// <summary>The strategy whose code runs, or <see langword="null"/> if none does.</summary>
    public InstalledExport? Strategy { get; init; }

    /// <summary>The open models.</summary>
    public IReadOnlyDictionary<InputModel, ICheckpointReader> Readers => readers;

    /// <summary>Where results go.</summary>
    public ICheckpointWriter Writer => output.Writer;

    /// <inheritdoc cref="StageOutput.Parts"/>
    public PartDigests? Parts => output.Parts;

    /// <summary>Where arithmetic is done.</summary>
    public ComputeDevice Device { get; } = ComputeDevice.Create(options.Device, options.Lanes);

    /// <summary>Room for tensors that are needed more than once.</summary>
    public NativeArena Arena { get; } = new(options.TensorBytes);

    /// <summary>Bytes of tensors that have been read or written, each counted once.</summary>
    public long ProcessedBytes => Interlocked.Read(ref _processedBytes);

    /// <summary>Counts bytes that have been read for the first time, or written.</summary>
    public void AddProcessed(long bytes) => Interlocked.Add(ref _processedBytes, bytes);

    /// <summary>Takes a selection with its tables, which are large enough to be worth keeping.</summary>
    public MagnitudeSelection TakeSelection() => _selections.TryTake(out MagnitudeSelection? selection) ? selection : new MagnitudeSelection();

    /// <summary>Gives a selection back.</summary>
    public void ReturnSelection(MagnitudeSelection selection) => _selections.Add(selection);

    public void Dispose() => Arena.Dispose();
}
