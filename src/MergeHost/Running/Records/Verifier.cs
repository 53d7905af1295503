using MergeHost.Checkpoints;
using MergeHost.Output;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Running.Data;
using MergeHost.Storage.Folders;

namespace MergeHost.Running.Records;

/// <summary>Compares an output with its manifest: every byte of every file, and what lies there beside them.</summary>
internal sealed class Verifier(PluginSet plugins, PluginHost host)
{
    /// <summary>Looks for differences.</summary>
    /// <param name="output">What a merge wrote: a folder, or a file.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>What differs; nothing if the output is what was made.</returns>
    /// <exception cref="MergeHostException">There is no manifest that can be read.</exception>
    public IReadOnlyList<Problem> Verify(string output, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        OutputPlace place = OutputPlace.Find(output);
        string folder = place.Folder;
        (MergeManifest manifest, bool isUnchanged) = ManifestStore.Read(place) ?? throw NoManifest(place);
        List<Problem> problems = isUnchanged ? [] : [Failed($"{place.ManifestPath}: the file is not what was written")];
        problems.AddRange(manifest.Files.Select(file => CheckFile(folder, file)).OfType<Problem>());
        problems.AddRange(OutputFiles.Strange(place, manifest).Select(name => Failed(
            $"{Path.Combine(folder, name)}: the file was not written by this merge, and programs that load models may read it",
            "Move the file to another folder.")));
        if (!plugins.TryResolve(ExportKind.Format, manifest.Format, out InstalledExport? format, out Problem? problem))
        {
            return [.. problems, problem];
        }

        try
        {
            using ICheckpointReader reader = host.Create<ICheckpointFormat>(format).Open(output);
            problems.AddRange(CheckFrames(folder, manifest, reader, cancellation));
            problems.AddRange(CheckTensors(output, manifest, reader, progress, cancellation));
        }
        catch (CheckpointException exception)
        {
            // What keeps it from being read is most often named already.
            problems.AddRange(problems.Count > 0 ? [] : exception.Problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(Failed($"{output}: {exception.Message.TrimEnd('.')}"));
        }

        return problems;
    }

    private static OutputException NoManifest(OutputPlace place)
    {
        bool isUnfinished = File.Exists(place.JournalPath);
        return new OutputException(new Problem(ErrorCodes.NoManifest,
            isUnfinished ? $"{place.Path}: the merge has not been finished"
            : !Path.Exists(place.Path) ? $"{place.Path}: there is no such folder or file"
            : $"{place.Path}: there is no readable {place.ManifestName}",
            isUnfinished ? "Run the merge again; it goes on where it stopped."
            : "Name what `mergehost merge` or `mergehost convert` wrote."));
    }

    private static Problem? CheckFile(string folder, ManifestFile file)
    {
        string? difference = OutputFiles.Difference(folder, file)
            ?? (file.Sha256 is null && file.FrameSha256 is null ? "has no digest in the manifest" : null);
        return difference is null
            ? null
            : Failed($"{Path.Combine(folder, CheckpointException.Printable(file.Name))}: the file {difference}");
    }

    private static IEnumerable<Problem> CheckFrames(string folder, MergeManifest manifest, ICheckpointReader reader,
        CancellationToken cancellation)
    {
        Dictionary<string, ManifestFile> expected = manifest.Files.DistinctBy(file => file.Name).ToDictionary(file => file.Name);
        foreach (string path in reader.WeightFiles)
        {
            string? frame = expected.GetValueOrDefault(OutputFiles.NameIn(folder, path))?.FrameSha256;
            if (frame is null)
            {
                yield return Failed($"{path}: the file holds weights, and the manifest has no digest of its header");
            }
            else if (OutputFiles.Frame(path, reader, cancellation) != frame)
            {
                yield return Failed($"{path}: what the file says beside tensors (header, metadata or gaps) is not what was written");
            }
        }

        HashSet<string> read = [.. reader.WeightFiles.Select(path => OutputFiles.NameIn(folder, path))];
        foreach (ManifestFile file in manifest.Files.Where(file => file.FrameSha256 is not null && !read.Contains(file.Name)))
        {
            yield return Failed(
                $"{Path.Combine(folder, CheckpointException.Printable(file.Name))}: the file was written with weights, and is not read as "
                    + "such");
        }
    }

    private static IEnumerable<Problem> CheckTensors(
        string output, MergeManifest manifest, ICheckpointReader reader, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        Dictionary<string, TensorInfo> found = reader.Tensors.ToDictionary(tensor => tensor.Name);
        long total = reader.Tensors.Sum(tensor => tensor.LengthBytes);
        long done = 0;
        foreach ((int index, ManifestTensor expected) in manifest.Tensors.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!found.Remove(expected.Name, out TensorInfo? tensor))
            {
                yield return Failed($"{output}: tensor '{expected.Name}' is missing");
                continue;
            }

            if (tensor.DType.Name != expected.DType || !tensor.Shape.SequenceEqual(expected.Shape))
            {
                yield return Failed(
                    $"{output}: tensor '{expected.Name}' is {tensor.DType} {tensor.Shape}, written "
                        + $"was {expected.DType} [{string.Join(", ", expected.Shape)}]");
            }
            else if (TensorDigest.Of(tensor, reader.Read) != expected.Digest)
            {
                yield return Failed($"{output}: tensor '{expected.Name}' holds other numbers than were written");
            }

            done += tensor.LengthBytes;
            progress?.Report(new MergeProgress(null, done, total, index + 1, manifest.Tensors.Count));
        }

        foreach (string name in found.Keys)
        {
            yield return Failed($"{output}: tensor '{name}' was not written by this merge");
        }
    }

    private static Problem Failed(string message, string hint = "Run the merge again with --force.") =>
        new(ErrorCodes.VerifyFailed, message, hint);
}
