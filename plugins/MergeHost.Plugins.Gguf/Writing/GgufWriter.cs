using System.Runtime.CompilerServices;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>A checkpoint that is being written.</summary>
internal sealed class GgufWriter : ICheckpointWriter
{
    private static readonly ConditionalWeakTable<CheckpointLayout, PlannedFile> _planned = [];

    private readonly string _folder;
    private readonly bool _isNamed;
    private readonly IReadOnlyList<FileLayout> _layouts;
    private readonly Dictionary<string, IReadOnlyList<HubTensor>> _parts;
    private readonly List<PartialFile> _files = [];
    private readonly Dictionary<string, PlacedTensor> _tensors = new(StringComparer.Ordinal);

    private GgufWriter(string folder, MetadataPlan plan, IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> tensors,
        CheckpointLayout layout)
    {
        _folder = folder;
        _isNamed = layout.FileName is not null;
        _parts = tensors.ToDictionary(tensor => tensor.Gguf.Name, tensor => tensor.Parts, StringComparer.Ordinal);
        _layouts = FileLayout.Distribute(plan.Entries, plan.Made, [.. tensors.Select(tensor => tensor.Gguf)], layout);
        Files = [.. _layouts.Select(file => file.Name)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Creates the files, or opens those that a broken run left.</summary>
    /// <exception cref="CheckpointException">A tensor's name, shape or type cannot be stored,
    /// or nothing tells what the model is.</exception>
    /// <exception cref="IOException">A file cannot be made.</exception>
    public static GgufWriter Create(string folder, CheckpointLayout layout)
    {
        (MetadataPlan plan, IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> tensors) = Planned(folder, layout);
        GgufWriter writer = new(folder, plan, tensors, layout);
        try
        {
            writer.ClearFolder();
            writer.OpenFiles();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a checkpoint can be stored.</summary>
    /// <exception cref="CheckpointException">A tensor's name, shape or type cannot be stored,
    /// or nothing tells what the model is.</exception>
    public static void Check(string folder, CheckpointLayout layout) => Planned(folder, layout);

    /// <inheritdoc/>
    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data)
    {
        PlacedTensor placed = Find(tensor);
        placed.Tensor.Write(placed.Start, ElementRun.OffsetBytes(placed.Tensor.Info, firstElement, data.Length), data, placed.File.Write,
            placed.File.Read);
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        PlacedTensor placed = Find(tensor);
        placed.Tensor.Read(placed.Start, ElementRun.OffsetBytes(placed.Tensor.Info, firstElement, destination.Length), destination,
            placed.File.Read);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        // All bytes are on the disk before the first name changes; the file with the metadata comes last.
        _files.ForEach(file => file.Flush());
        for (int index = _files.Count - 1; index >= 0; index--)
        {
            _files[index].Complete();
        }

        DurableFolder.Flush(_folder);
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    // Tokenizers are large: what was checked when planning is not made again.
    private static (MetadataPlan Plan, IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> Tensors) Planned(string folder,
        CheckpointLayout layout)
    {
        if (layout.FileName is { } name && SplitName.Parse(name) is not null)
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.OutputNotFolder, $"{name}: this is how one of several files is named",
                "Leave out the numbers, or name a folder."));
        }

        if (!_planned.TryGetValue(layout, out PlannedFile? known))
        {
            known = AdapterMap.IsAdapter(layout) ? OfAdapter(folder, layout) : OfModel(folder, layout);
            foreach (TensorInfo tensor in layout.Tensors)
            {
                Check(folder, tensor);
            }

            foreach ((TensorInfo gguf, _) in known.Tensors)
            {
                CheckName(folder, gguf.Name);
            }

            _planned.AddOrUpdate(layout, known);
        }

        return (known.Plan, known.Tensors);
    }

    private static PlannedFile OfModel(string folder, CheckpointLayout layout)
    {
        MetadataPlan plan = MetadataPlan.Of(folder, layout);
        return new PlannedFile(plan, plan.Names.ToGguf(layout.Tensors));
    }

    private static PlannedFile OfAdapter(string folder, CheckpointLayout layout)
    {
        (IReadOnlyList<MetadataEntry> entries,
            IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> tensors) = AdapterMap.ToGguf(folder, layout);
        return new PlannedFile(new MetadataPlan(entries, [], new NameMap(folder, null, _ => null)), tensors);
    }

    private static void Check(string folder, TensorInfo tensor)
    {
        if (tensor.Shape.Rank > GgufHeader.MostExtents)
        {
            throw CheckpointException.BadTensor(folder, tensor.Name,
                $"shape {tensor.Shape} has more than {GgufHeader.MostExtents} extents");
        }

        if (GgufType.IdOf(tensor.DType) is null)
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.DTypeUnusable, $"{folder}: tensor '{tensor.Name}': a GGUF file cannot hold elements of type {tensor.DType}",
                "Convert the tensor to a floating-point type."));
        }

        long row = tensor.Shape.Rank == 0 ? 1 : tensor.Shape[tensor.Shape.Rank - 1];
        if (row % tensor.DType.BlockElements != 0)
        {
            throw CheckpointException.BadTensor(
                folder, tensor.Name, $"rows of {row} elements do not fill whole blocks of {tensor.DType.BlockElements} {tensor.DType}");
        }
    }

    private static void CheckName(string folder, string name)
    {
        if (TensorName.Refusal(name) is { } refusal)
        {
            throw CheckpointException.BadTensor(folder, name, refusal);
        }

        if (Encoding.UTF8.GetByteCount(name) > GgufHeader.MostNameBytes)
        {
            throw CheckpointException.BadTensor(folder, name, $"the name is longer than {GgufHeader.MostNameBytes} bytes");
        }
    }

    // While the checkpoint is not whole nothing may look so, and files of another layout only take room.
    private void ClearFolder()
    {
        if (_isNamed)
        {
            return;
        }

        HashSet<string> kept = [.. Files.Select(name => name + PartialFile.Suffix)];
        foreach (string path in Directory.EnumerateFiles(_folder, "*" + SplitName.Extension + PartialFile.Suffix))
        {
            if (!kept.Contains(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }
    }

    private void OpenFiles()
    {
        foreach (FileLayout layout in _layouts)
        {
            PartialFile file = PartialFile.Open(Path.Combine(_folder, layout.Name), layout.LengthBytes, layout.Head);
            _files.Add(file);
            foreach (GgufTensor tensor in layout.Tensors)
            {
                foreach (HubTensor part in _parts[tensor.Info.Name])
                {
                    _tensors.Add(part.Info.Name, new PlacedTensor(part, file, tensor.Start));
                }
            }
        }
    }

    private PlacedTensor Find(TensorInfo tensor) => _tensors.GetValueOrDefault(tensor.Name)
        ?? throw new ArgumentException($"the layout has no tensor '{tensor.Name}'", nameof(tensor));

    /// <param name="Tensor">The tensor, as Hugging Face has it.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where GGUF's tensor begins in the file.</param>
    private sealed record PlacedTensor(HubTensor Tensor, PartialFile File, long Start);

    private sealed record PlannedFile(MetadataPlan Plan, IReadOnlyList<(TensorInfo Gguf, IReadOnlyList<HubTensor> Parts)> Tensors);
}
