using MergeHost.Checkpoints;
using MergeHost.Kernels.Folders;
using MergeHost.Output;
using MergeHost.Plugins;

namespace MergeHost.Running;

/// <summary>Compares an output with its manifest: every byte of every file, and what lies there beside them.</summary>
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
        (MergeManifest manifest, bool isUnchanged) = ManifestStore.Read(folder) ?? throw NoManifest(folder);
        List<Problem> problems = isUnchanged ? [] : [Failed($"{OutputFolder.ManifestPath(folder)}: the file is not what was written")];
        problems.AddRange(manifest.Files.Select(file => CheckFile(folder, file)).OfType<Problem>());
        problems.AddRange(OutputFiles.Strange(folder, manifest).Select(name => Failed(
            $"{Path.Combine(folder, name)}: the file was not written by this merge, and programs that load models may read it", "Move the file to another folder.")));
        if (!plugins.TryResolve(ExportKind.Format, manifest.Format, out InstalledExport? format, out Problem? problem))
        {
            return [.. problems, problem];
        }

        try
        {
            using ICheckpointReader reader = host.Create<ICheckpointFormat>(format).Open(folder);
            problems.AddRange(CheckFrames(folder, manifest, reader, cancellation));
            problems.AddRange(CheckTensors(folder, manifest, reader, progress, cancellation));
        }
        catch (CheckpointException exception)
        {
            // What keeps it from being read is most often named already.
            problems.AddRange(problems.Count > 0 ? [] : exception.Problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(Failed($"{folder}: {exception.Message.TrimEnd('.')}"));
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
        string? difference = OutputFiles.Difference(folder, file) ?? (file.Sha256 is null && file.FrameSha256 is null ? "has no digest in the manifest" : null);
        return difference is null ? null : Failed($"{Path.Combine(folder, CheckpointException.Printable(file.Name))}: the file {difference}");
    }

    private static IEnumerable<Problem> CheckFrames(string folder, MergeManifest manifest, ICheckpointReader reader, CancellationToken cancellation)
    {
        Dictionary<string, ManifestFile> expected = manifest.Files.DistinctBy(file => file.Name).ToDictionary(file => file.Name);
        foreach (string path in reader.WeightFiles)
        {
            string? frame = expected.GetValueOrDefault(Path.GetFileName(path))?.FrameSha256;
            if (frame is null)
            {
                yield return Failed($"{path}: the file holds weights, and the manifest has no digest of its header");
            }
            else if (OutputFiles.Frame(path, reader, cancellation) != frame)
            {
                yield return Failed($"{path}: what the file says beside tensors (header, metadata or gaps) is not what was written");
            }
        }

        HashSet<string> read = [.. reader.WeightFiles.Select(path => Path.GetFileName(path))];
        foreach (ManifestFile file in manifest.Files.Where(file => file.FrameSha256 is not null && !read.Contains(file.Name)))
        {
            yield return Failed($"{Path.Combine(folder, CheckpointException.Printable(file.Name))}: the file was written with weights, and is not read as such");
        }
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

    private static Problem Failed(string message, string hint = "Run the merge again with --force.") => new(ErrorCodes.VerifyFailed, message, hint);
}
