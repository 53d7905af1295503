using System.Globalization;
using MergeHost.Checkpoints;
using MergeHost.Plugins;

namespace MergeHost.Running;

/// <summary>Compares an output with its manifest: every file, and every byte of every tensor.</summary>
internal sealed class Verifier(PluginSet plugins, PluginHost host)
{
    /// <summary>Looks for differences.</summary>
    /// <param name="folder">An output folder.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>What differs; nothing if the output is what was made.</returns>
    /// <exception cref="MergeHostException">There is no manifest that can be read.</exception>
    public IReadOnlyList<Problem> Verify(string folder, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        MergeManifest manifest = ManifestStore.TryRead(folder) ?? throw NoManifest(folder);
        List<Problem> problems = [.. manifest.Files.Select(file => CheckFile(folder, file)).OfType<Problem>()];
        if (problems.Count > 0 || !plugins.TryResolve(ExportKind.Format, manifest.Format, out InstalledExport? format, out Problem? problem))
        {
            return problems;
        }

        try
        {
            using ICheckpointReader reader = host.Create<ICheckpointFormat>(format).Open(folder);
            problems.AddRange(CheckTensors(folder, manifest, reader, progress, cancellation));
        }
        catch (CheckpointException exception)
        {
            problems.AddRange(exception.Problems);
        }

        return problems;
    }

    private static OutputException NoManifest(string folder)
    {
        bool isUnfinished = File.Exists(OutputFolder.JournalPath(folder));
        return new OutputException(new Problem(ErrorCodes.NoManifest,
            File.Exists(folder) ? $"{folder}: this is a file"
            : !Directory.Exists(folder) ? $"{folder}: there is no such folder"
            : isUnfinished ? $"{folder}: the merge into this folder has not been finished"
            : $"{folder}: there is no readable {OutputFolder.ManifestName}",
            isUnfinished ? "Run the merge again; it goes on where it stopped."
            : "Name a folder that `mergehost merge` or `mergehost convert` wrote."));
    }

    private static Problem? CheckFile(string folder, ManifestFile file)
    {
        FileInfo found = new(Path.Combine(folder, file.Name));
        string? difference = !found.Exists ? "is missing"
            : found.Length != file.Bytes ? string.Create(CultureInfo.InvariantCulture, $"has {found.Length:N0} bytes, {file.Bytes:N0} were written")
            : file.Sha256 is not null && MergeIdentity.Sha256(found.FullName) != file.Sha256 ? "is not what was written"
            : null;
        return difference is null ? null : Failed($"{Path.Combine(folder, file.Name)}: the file {difference}");
    }

    private static IEnumerable<Problem> CheckTensors(
        string folder, MergeManifest manifest, ICheckpointReader reader, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        Dictionary<string, TensorInfo> found = reader.Tensors.ToDictionary(tensor => tensor.Name);
        long total = reader.Tensors.Sum(tensor => tensor.LengthBytes);
        long done = 0;
        foreach ((int index, ManifestTensor expected) in manifest.Tensors.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!found.Remove(expected.Name, out TensorInfo? tensor))
            {
                yield return Failed($"{folder}: tensor '{expected.Name}' is missing");
                continue;
            }

            if (tensor.DType.Name != expected.DType || !tensor.Shape.SequenceEqual(expected.Shape))
            {
                yield return Failed($"{folder}: tensor '{expected.Name}' is {tensor.DType} {tensor.Shape}, written was {expected.DType} [{string.Join(", ", expected.Shape)}]");
            }
            else if (TensorDigest.Of(tensor, reader.Read) != expected.Digest)
            {
                yield return Failed($"{folder}: tensor '{expected.Name}' holds other numbers than were written");
            }

            done += tensor.LengthBytes;
            progress?.Report(new MergeProgress(null, done, total, index + 1, manifest.Tensors.Count));
        }

        foreach (string name in found.Keys)
        {
            yield return Failed($"{folder}: tensor '{name}' was not written by this merge");
        }
    }

    private static Problem Failed(string message) => new(ErrorCodes.VerifyFailed, message, "Run the merge again with --force.");
}
