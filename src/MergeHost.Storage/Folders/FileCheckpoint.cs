using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>An open checkpoint that is read from files: finds tensors by name, checks runs, and closes what was opened.</summary>
/// <typeparam name="TStored">Where a tensor lies.</typeparam>
public abstract class FileCheckpoint<TStored> : ICheckpointReader
    where TStored : class
{
    private readonly List<IDisposable> _open = [];
    private readonly List<TensorInfo> _infos = [];
    private readonly Dictionary<string, (TensorInfo Info, TStored Stored)> _tensors = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors => _infos;

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; protected set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; protected set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<TensorRange> TensorRanges { get; protected set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; protected set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; protected set; } = [];

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (!_tensors.TryGetValue(tensor.Name, out (TensorInfo Info, TStored Stored) found))
        {
            throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        }

        Read(found.Stored, firstElement, ElementRun.OffsetBytes(found.Info, firstElement, destination.Length), destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads headers; disposes the checkpoint if that fails.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="readHeaders">Opens its files and adds its tensors.</param>
    protected static TCheckpoint Opened<TCheckpoint>(Func<TCheckpoint> make, Action<TCheckpoint> readHeaders)
        where TCheckpoint : FileCheckpoint<TStored>
    {
        TCheckpoint checkpoint = make();
        try
        {
            readHeaders(checkpoint);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Reads a run that has been checked.</summary>
    /// <param name="stored">Where the tensor lies.</param>
    /// <param name="firstElement">Where the run begins.</param>
    /// <param name="offsetBytes">The same, in bytes from the tensor's beginning.</param>
    /// <param name="destination">Filled wholly.</param>
    protected abstract void Read(TStored stored, long firstElement, long offsetBytes, Span<byte> destination);

    /// <summary>Opens a file, or what is made of one, and closes it with the checkpoint.</summary>
    /// <param name="open">Opens it.</param>
    /// <param name="isNeeded">Whether there is something to close; <see langword="null"/> for always.</param>
    protected T Keep<T>(Func<T> open, Predicate<T>? isNeeded = null)
        where T : IDisposable
    {
        T opened = open();
        if (isNeeded?.Invoke(opened) != false)
        {
            _open.Add(opened);
        }

        return opened;
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    protected bool Holds(string name) => _tensors.ContainsKey(name);

    /// <summary>Adds a tensor, whose name no other has.</summary>
    protected void Add(TensorInfo info, TStored stored)
    {
        _tensors.Add(info.Name, (info, stored));
        _infos.Add(info);
    }

    /// <summary>Adds those tensors that an index puts into the shard in which they were found; all of them, if there is no index.</summary>
    /// <param name="found">The tensors of all shards.</param>
    /// <param name="index">The index, or <see langword="null"/> for a single file.</param>
    /// <returns>What is odd.</returns>
    /// <exception cref="CheckpointException">The index and the shards contradict each other.</exception>
    protected IReadOnlyList<Problem> Add(IReadOnlyList<(TensorInfo Info, TStored Stored, string Shard)> found, ShardIndex? index)
    {
        IReadOnlyList<Problem> warnings = index?.Match([.. found.Select(tensor => (tensor.Info, tensor.Shard))]) ?? [];
        foreach ((TensorInfo info, TStored stored, string shard) in found)
        {
            if (index is null || index.Contains(info.Name, shard))
            {
                Add(info, stored);
            }
        }

        return warnings;
    }

    /// <summary>Closes what was opened.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _open.ForEach(opened => opened.Dispose());
        }
    }
}
