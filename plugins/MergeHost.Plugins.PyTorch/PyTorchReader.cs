using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;
using MergeHost.Plugins.PyTorch.Tensors;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.PyTorch;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class PyTorchReader : FileCheckpoint<StoredTensor>
{
    private PyTorchReader(PyTorchFiles files)
    {
        WeightFiles = [.. files.Weights.Select(files.Files.PathOf)];
        Companions = FolderCompanions.Find(files.Files);
    }

    /// <summary>Opens files and reads what they say of tensors.</summary>
    /// <exception cref="CheckpointException">A file is broken, asks for something that is not data, or does not fit the index.</exception>
    public static PyTorchReader Open(PyTorchFiles files) => Opened(() => new PyTorchReader(files), reader => reader.ReadFiles(files));

    /// <inheritdoc/>
    protected override void Read(StoredTensor stored, long firstElement, long offsetBytes, Span<byte> destination) =>
        stored.Read(firstElement, destination);

    private void ReadFiles(PyTorchFiles files)
    {
        List<(TensorInfo Info, StoredTensor Stored, string File)> found = [];
        List<Problem> warnings = [.. files.Warnings];
        foreach (string name in files.Weights)
        {
            CheckpointFile file = Keep(() => files.Files.Open(name));
            TorchFile torch = Keep(() => TorchFile.Open(new FileWindow(file), file.Path));
            (IReadOnlyList<KeyValuePair<string, TorchTensor>> tensors, IReadOnlyList<Problem> left) = StateDict.Find(torch.Root, file.Path);
            warnings.AddRange(left);
            foreach ((string key, TorchTensor tensor) in tensors)
            {
                found.Add((new TensorInfo(key, tensor.Type, [.. tensor.Sizes]), torch.Find(tensor), name));
            }
        }

        Warnings = [.. warnings, .. Add(found, files.Index)];
    }
}
