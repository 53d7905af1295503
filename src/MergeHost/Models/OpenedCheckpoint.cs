using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models;

/// <summary>An open checkpoint, and what opened it.</summary>
/// <param name="Reader">Reads it.</param>
/// <param name="Exports">The format, and the transforms in the order in which they were applied.</param>
internal sealed record OpenedCheckpoint(ICheckpointReader Reader, IReadOnlyList<InstalledExport> Exports)
{
    /// <summary>The files that hold the weights, those of checkpoints that transforms opened among them.</summary>
    public IReadOnlyList<string> WeightFiles { get; init; } = Reader.WeightFiles;

    /// <summary>All files that are read: those with weights and those beside them, of other checkpoints too.</summary>
    public IReadOnlyList<OpenedFile> Files { get; init; } = FilesOf(Reader, null);

    /// <summary>What the bytes depend on beside the files: the reader's identity, and the options of transforms.</summary>
    public string Identity { get; init; } = Reader.Identity;

    /// <summary>The tensors that transforms took the place of or used up, each with the transform's id.</summary>
    public IReadOnlyList<(TensorInfo Tensor, string Transform)> Consumed { get; init; } = [];

    /// <summary>Types in which tensors are stored that transforms give as float32 so as not to round them: those that the
    /// result has unless a recipe says more.</summary>
    public IReadOnlyDictionary<string, DType> Widened { get; init; } = new Dictionary<string, DType>();

    /// <summary>The checkpoint as a transform unpacked it; <see langword="null"/> if it is stored plain.</summary>
    public IUnpackedCheckpoint? Unpacked { get; init; }

    /// <summary>The checkpoint, if the last transform gave tensors that are products of small rank.</summary>
    public IFactoredCheckpoint? Factored { get; init; }

    /// <summary>Whether nothing was applied to <see cref="Unpacked"/>.</summary>
    public bool IsAsStored { get; init; }

    /// <summary>The files that a checkpoint is read from.</summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="store">The files of the store that it comes from, or <see langword="null"/> for this machine.</param>
    public static IReadOnlyList<OpenedFile> FilesOf(ICheckpointReader reader, CheckpointFiles? store) =>
        [.. reader.WeightFiles.Concat(reader.Companions.Select(companion => companion.Path).OfType<string>())
            .Select(path => new OpenedFile(path, store))];
}

/// <summary>A file that a checkpoint is read from.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Store">The files of the store that it is among, or <see langword="null"/> for one of this machine.</param>
internal sealed record OpenedFile(string Path, CheckpointFiles? Store);
