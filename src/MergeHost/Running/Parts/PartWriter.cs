using MergeHost.Checkpoints;
using MergeHost.Storage;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Running.Parts;

/// <summary>
/// Takes the tensors of a part, and those that are made in one go with them and belong to another
/// part: these go to a file that is thrown away.
/// </summary>
/// <param name="own">Writes the files of the part.</param>
/// <param name="part">The part.</param>
/// <param name="layout">What the whole checkpoint holds.</param>
/// <param name="folder">The folder of the part.</param>
internal sealed class PartWriter(ICheckpointWriter own, PartPlan part, CheckpointLayout layout, string folder) : ICheckpointWriter
{
    private readonly Lazy<SafeFileHandle> _others = new(() => File.OpenHandle(
        Path.Combine(folder, "others" + PartialFile.Suffix), FileMode.Create, FileAccess.ReadWrite, FileShare.None,
        FileOptions.DeleteOnClose));

    private readonly Lazy<Dictionary<string, long>> _places = new(() =>
    {
        Dictionary<string, long> places = [];
        long place = 0;
        foreach (TensorInfo tensor in layout.Tensors.Where(tensor => !part.Holds(tensor)))
        {
            places.Add(tensor.Name, place);
            place += tensor.LengthBytes;
        }

        return places;
    });

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => own.Files;

    /// <inheritdoc/>
    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data)
    {
        if (part.Holds(tensor))
        {
            own.Write(tensor, firstElement, data);
            return;
        }

        RandomAccess.Write(_others.Value, data, _places.Value[tensor.Name] + tensor.DType.LengthBytes(firstElement));
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (part.Holds(tensor))
        {
            own.Read(tensor, firstElement, destination);
            return;
        }

        int read = RandomAccess.Read(_others.Value, destination, _places.Value[tensor.Name] + tensor.DType.LengthBytes(firstElement));
        destination[read..].Clear();
    }

    /// <inheritdoc/>
    public void Complete() => own.Complete();

    /// <inheritdoc/>
    public void Dispose()
    {
        own.Dispose();
        if (_others.IsValueCreated)
        {
            _others.Value.Dispose();
        }
    }
}
