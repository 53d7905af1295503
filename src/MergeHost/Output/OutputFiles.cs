using System.Globalization;
using System.Security.Cryptography;
using MergeHost.Checkpoints;
using MergeHost.Reports;
using MergeHost.Storage;

namespace MergeHost.Output;

/// <summary>The files of an output, as its manifest has them.</summary>
internal static class OutputFiles
{
    private static readonly string[] _read =
    [
        ".json", ".jinja", ".py", ".model", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".onnx", ".h5", ".msgpack",
        ".npz", ".npy",
        ".pkl", ".pickle", ".joblib", ".mar", ".tiktoken", ".spm", ".vocab", ".so", ".dll", ".dylib", ".tflite", ".mlpackage", ".ot",
        ".distcp",
    ];

    private static readonly string[] _readTexts = ["vocab.txt", "merges.txt"];
    private static readonly string[] _foldersOfTools = [".git", ".cache"];

    /// <summary>Describes the files of a checkpoint that is complete.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="names">Their names.</param>
    /// <param name="reader">The checkpoint.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<ManifestFile> Describe(string folder, IEnumerable<string> names, ICheckpointReader reader)
    {
        HashSet<string> weights = [.. reader.WeightFiles.Select(path => NameIn(folder, path))];
        return [.. names.Order(StringComparer.Ordinal).Select(Describe)];

        ManifestFile Describe(string name)
        {
            string path = Path.Combine(folder, name);
            long bytes = FileIdentity.Of(path).LengthBytes;
            return weights.Contains(name)
                ? new ManifestFile(name, bytes, FrameSha256: Frame(path, reader, CancellationToken.None))
                : new ManifestFile(name, bytes, Sha256(path));
        }
    }

    /// <summary>The name of a file within an output's folder.</summary>
    public static string NameIn(string folder, string path) => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>The hash of a file, in hexadecimal digits.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Sha256(string path)
    {
        using FileStream file = BoundedFile.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The digest of what a file with weights holds beside tensors.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Frame(string path, ICheckpointReader reader, CancellationToken cancellation) => FrameDigest.Of(
        path, reader.TensorRanges.Where(range => Path.GetFullPath(range.Path) == Path.GetFullPath(path)), cancellation);

    /// <summary>Says in words what is wrong with a file, but for the bytes of weights; <see langword="null"/> if nothing is.</summary>
    public static string? Difference(string folder, ManifestFile file)
    {
        if (!CompanionFile.IsName(file.Name))
        {
            return "has a name that leads out of the folder";
        }

        string path = Path.Combine(folder, file.Name);
        try
        {
            return FileIdentity.TryOf(path) is not { } found ? "is missing"
                : FileKind.Unusual(path) is { } kind ? $"is {kind}"
                : found.LengthBytes != file.Bytes
                    ? string.Create(CultureInfo.InvariantCulture, $"has {found.LengthBytes:N0} bytes, {file.Bytes:N0} were written")
                : file.Sha256 is not null && Sha256(path) != file.Sha256 ? "is not what was written"
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {exception.Message.TrimEnd('.')}";
        }
    }

    /// <summary>Files in an output's own folder, and below it, that a program which loads models could read,
    /// and that the manifest does not name.</summary>
    /// <returns>Paths within the folder, in order.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> Strange(OutputPlace place, MergeManifest manifest)
    {
        if (place.FileName is not null)
        {
            return [];
        }

        HashSet<string> known = [.. manifest.Files.Select(file => file.Name), place.ManifestName];
        string root = Path.GetFullPath(place.Folder);
        return
        [
            .. Below(new DirectoryInfo(root)).Select(path => NameIn(root, path))
                .Where(name => !known.Contains(name) && IsRead(name)).Order(StringComparer.Ordinal),
        ];
    }

    private static bool IsRead(string name) =>
        _read.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
            || _readTexts.Contains(Path.GetFileName(name), StringComparer.OrdinalIgnoreCase);

    // Below links to folders nothing is looked for: nothing that we wrote lies behind one.
    private static IEnumerable<string> Below(DirectoryInfo folder) => folder.EnumerateFileSystemInfos().SelectMany(entry =>
        entry is not DirectoryInfo inner || entry.LinkTarget is not null
            ? [entry.FullName]
            : _foldersOfTools.Contains(entry.Name) ? [] : Below(inner));
}
