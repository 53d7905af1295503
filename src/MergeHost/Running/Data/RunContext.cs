using System.Collections.Concurrent;
using MergeHost.Checkpoints;
using MergeHost.Devices;
using MergeHost.Kernels.Selection;
using MergeHost.Models;
using MergeHost.Plugins.Metadata;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Data;

/// <summary>What all tensors of a running stage share.</summary>
/// <param name="options">How the merge is carried out.</param>
/// <param name="readers">The open models.</param>
/// <param name="output">Where results go.</param>
/// <param name="largestBytes">What the largest task with matrices needs; 0 if there are none.</param>
/// <param name="outer">What all of it is shared with but these; <see langword="null"/> for the stage's own.</param>
internal sealed class RunContext(
    MergeOptions options, IReadOnlyDictionary<InputModel, ICheckpointReader> readers, StageOutput output, long largestBytes,
    RunContext? outer = null) : IDisposable
{
    private readonly ConcurrentBag<MagnitudeSelection> _selections = outer?._selections ?? [];
    private long _processedBytes;

    public MergeOptions Options => options;

    /// <summary>The strategy whose code runs, or <see langword="null"/> if none does.</summary>
    public InstalledExport? Strategy { get; init; }

    /// <summary>The open models.</summary>
    public IReadOnlyDictionary<InputModel, ICheckpointReader> Readers => readers;

    /// <summary>Where results go, and what packs them.</summary>
    public StageOutput Output => output;

    /// <summary>Where results go.</summary>
    public ICheckpointWriter Writer => output.Writer;

    /// <inheritdoc cref="StageOutput.Parts"/>
    public PartDigests? Parts => output.Parts;

    /// <summary>Where arithmetic is done.</summary>
    public ComputeDevice Device { get; } = outer?.Device ?? ComputeDevice.Create(options, largestBytes);

    /// <summary>Room for tensors that are needed more than once.</summary>
    public NativeArena Arena { get; } = outer?.Arena ?? new(options.TensorBytes);

    /// <summary>Bytes of tensors that have been read or written, each counted once.</summary>
    public long ProcessedBytes => Interlocked.Read(ref _processedBytes);

    /// <summary>Counts bytes that have been read for the first time, or written.</summary>
    public void AddProcessed(long bytes) => Interlocked.Add(ref _processedBytes, bytes);

    /// <summary>A context for a part of the work on one tensor, whose bytes are not counted.</summary>
    /// <param name="into">Where its results go.</param>
    /// <param name="more">A model beside the stage's.</param>
    /// <param name="strategy">The strategy whose code runs; the stage's if nothing is said.</param>
    public RunContext Within(StageOutput into, (InputModel Model, ICheckpointReader Reader)? more = null,
        InstalledExport? strategy = null) => new(
        options, more is { } made ? new Dictionary<InputModel, ICheckpointReader>(readers) { [made.Model] = made.Reader } : readers, into,
        largestBytes: 0, this)
        {
            Strategy = strategy ?? Strategy,
        };

    /// <summary>Takes a selection with its tables, which are large enough to be worth keeping.</summary>
    public MagnitudeSelection TakeSelection() =>
        _selections.TryTake(out MagnitudeSelection? selection) ? selection : new MagnitudeSelection();

    /// <summary>Gives a selection back.</summary>
    public void ReturnSelection(MagnitudeSelection selection) => _selections.Add(selection);

    public void Dispose()
    {
        if (outer is null)
        {
            Arena.Dispose();
        }
    }
}
