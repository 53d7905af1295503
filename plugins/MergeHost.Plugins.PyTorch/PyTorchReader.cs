using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.PyTorch;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class PyTorchReader : ICheckpointReader
{
    private readonly List<IDisposable> _open = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private PyTorchReader(PyTorchFiles files)
    {
        WeightFiles = [.. files.Weights.Select(files.Files.PathOf)];
        Companions = FolderCompanions.Find(files.Files);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; private set; } = [];

    /// <summary>Opens files and reads what they say of tensors.</summary>
    /// <exception cref="CheckpointException">A file is broken, asks for something that is not data, or does not fit the index.</exception>
    public static PyTorchReader Open(PyTorchFiles files)
    {
        PyTorchReader reader = new(files);
        try
        {
            reader.ReadFiles(files);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        StoredTensor stored = _tensors.GetValueOrDefault(tensor.Name)
            ?? throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        ElementRun.OffsetBytes(tensor, firstElement, destination.Length);
        stored.Read(firstElement, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _open.ForEach(file => file.Dispose());

    private void ReadFiles(PyTorchFiles files)
    {
        List<(TensorInfo Info, StoredTensor Stored, string File)> found = [];
        List<Problem> warnings = [.. files.Warnings];
        foreach (string name in files.Weights)
        {
            CheckpointFile file = files.Files.Open(name);
            _open.Add(file);
            TorchFile torch = TorchFile.Open(new FileWindow(file), file.Path);
            _open.Add(torch);
            (IReadOnlyList<KeyValuePair<string, TorchTensor>> tensors, IReadOnlyList<Problem> left) = StateDict.Find(torch.Root, file.Path);
            warnings.AddRange(left);
            foreach ((string key, TorchTensor tensor) in tensors)
            {
                found.Add((new TensorInfo(key, tensor.Type, [.. tensor.Sizes]), torch.Find(tensor), name));
            }
        }

        if (files.Index is { } index)
        {
            warnings.AddRange(index.Match([.. found.Select(tensor => (tensor.Info, tensor.File))]));
            found.RemoveAll(tensor => !index.Contains(tensor.Info.Name, tensor.File));
        }

        foreach ((TensorInfo info, StoredTensor stored, _) in found)
        {
            _tensors.Add(info.Name, stored);
        }

        Tensors = [.. found.Select(tensor => tensor.Info)];
        Warnings = warnings;
    }
}
