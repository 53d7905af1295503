using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>Writes a model of several parts into their folders.</summary>
/// <seealso cref="PartedCheckpoint"/>
public sealed class PartedWriter : ICheckpointWriter
{
    private readonly string _folder;
    private readonly List<CompanionFile> _companions = [];
    private readonly List<(string Folder, ICheckpointWriter Writer)> _writers = [];
    private readonly Dictionary<string, (ICheckpointWriter Writer, TensorInfo Info)> _tensors = [];

    private PartedWriter(string folder, CheckpointLayout layout, ModelParts parts, Func<string, CheckpointLayout, ICheckpointWriter> create)
    {
        _folder = folder;
        ILookup<string, TensorInfo> tensors = layout.Tensors.ToLookup(tensor => parts.Of(tensor.Name) ?? "");
        ILookup<string, CompanionFile> files = layout.Companions.ToLookup(file => parts.Of(file.Name) ?? "");
        try
        {
            foreach (string part in parts.Others)
            {
                if (tensors[part].Any())
                {
                    Add(part, part + '/', layout with
                    {
                        Tensors = [.. tensors[part].Select(tensor => tensor with { Name = tensor.Name[(part.Length + 1)..] })],
                        Companions = [.. files[part].Select(file => file with { Name = file.Name[(part.Length + 1)..] })],
                    });
                }
                else
                {
                    _companions.AddRange(files[part]);
                }
            }

            ILookup<bool, CompanionFile> ofAll = files[""].ToLookup(PartedCheckpoint.IsOfAll);
            _companions.AddRange(ofAll[true]);

            // The last to be complete: it makes the whole look so.
            Add(parts.Main, "", layout with { Tensors = [.. tensors[""]], Companions = [.. ofAll[false]] });
        }
        catch
        {
            Dispose();
            throw;
        }

        void Add(string part, string prefix, CheckpointLayout own)
        {
            ICheckpointWriter writer = create(MakeFolder(part), own);
            _writers.Add((part, writer));
            foreach (TensorInfo tensor in own.Tensors)
            {
                _tensors.Add(prefix + tensor.Name, (writer, tensor));
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Files =>
        [.. _companions.Select(file => file.Name),
            .. _writers.SelectMany(part => part.Writer.Files.Select(file => part.Folder.Length == 0 ? file : $"{part.Folder}/{file}"))];

    /// <summary>Creates the files of a checkpoint, whether it has parts or not.</summary>
    /// <param name="folder">Where it is to be.</param>
    /// <param name="layout">What it will hold.</param>
    /// <param name="create">Creates a part in its folder, or a checkpoint without parts.</param>
    /// <exception cref="CheckpointException">The layout cannot be stored, or a link stands where a part's folder is to be.</exception>
    public static ICheckpointWriter Create(string folder, CheckpointLayout layout, Func<string, CheckpointLayout, ICheckpointWriter> create)
    {
        ModelParts? parts = ModelParts.Find(layout);
        if (parts is null)
        {
            return create(folder, layout);
        }

        return new PartedWriter(folder, layout, parts, create);
    }

    /// <inheritdoc/>
    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data) =>
        Find(tensor).Writer.Write(Find(tensor).Info, firstElement, data);

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
        Find(tensor).Writer.Read(Find(tensor).Info, firstElement, destination);

    /// <inheritdoc/>
    public void Complete()
    {
        FolderCompanions.Write(_folder, _companions);
        _writers.ForEach(part => part.Writer.Complete());
        DurableFolder.Flush(_folder);
    }

    /// <inheritdoc/>
    public void Dispose() => _writers.ForEach(part => part.Writer.Dispose());

    private (ICheckpointWriter Writer, TensorInfo Info) Find(TensorInfo tensor) =>
        _tensors.TryGetValue(tensor.Name, out (ICheckpointWriter, TensorInfo) found)
            ? found : throw new ArgumentException($"the layout has no tensor '{tensor.Name}'", nameof(tensor));

    // Nothing is written to where a link leads.
    private string MakeFolder(string part)
    {
        string path = Path.Combine(_folder, part);
        if (part.Length > 0 && new FileInfo(path).LinkTarget is { } target)
        {
            throw CheckpointException.Unreadable(path, $"a part of the model is to be written there, and it is a link to '{target}'");
        }

        return Directory.CreateDirectory(path).FullName;
    }
}
