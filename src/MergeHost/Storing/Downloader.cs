using System.IO.Enumeration;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Running.Checks;

namespace MergeHost.Storing;

/// <summary>Brings a checkpoint of a store to this machine: the files that a merge reads, and the small ones beside them.</summary>
internal sealed class Downloader(PluginSet plugins, PluginHost host)
{
    // Weights of other formats, or of other times of the training; what is not chosen is not fetched.
    private static readonly string[] _weights =
        ["*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.gguf", "*.ggml", "*.h5", "*.msgpack", "*.onnx", "*.onnx_data", "*.tflite",
            "*.mlmodel", "*.npz", "*.distcp"];

    /// <summary>Downloads what is not there yet, and compares what is with its digests.</summary>
    /// <param name="name">The checkpoint.</param>
    /// <param name="isWhole">Whether every file is wanted, in folders too.</param>
    /// <param name="warnings">Told what is odd about the checkpoint.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop; what came is kept.</param>
    /// <exception cref="MergeHostException">There is no such checkpoint, or it cannot be had.</exception>
    public DownloadSummary Run(string name, bool isWhole, Action<Problem>? warnings, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        if (StoreSet.Local(name) is { } local)
        {
            throw new MergeHostException([new Problem(ErrorCodes.NoStore, $"{local.Path}: this is on this machine already",
                $"Write `hf:{name}` for the model of the hub.")]);
        }

        using ModelResolver models = new(plugins, host);
        CheckpointFiles files = models.Stores.Remote(name)?.Files ?? throw new MergeHostException([
            new Problem(ErrorCodes.NoStore, $"'{name}': no installed store has a checkpoint of that name",
                "Write `org/name` or `org/name@revision` for a model of the Hugging Face Hub.")]);
        if (files.Copies is null)
        {
            throw new MergeHostException([new Problem(ErrorCodes.NoStore, $"{files.Path}: the store keeps no copies",
                "Merge it by `--stream`.")]);
        }

        if (files.Withheld is [var withheld, ..])
        {
            throw new MergeHostException([new Problem(ErrorCodes.HubName,
                $"{files.Path}: the file name '{CheckpointException.Printable(withheld)}' must not become a path",
                "Name another revision, or tell the model's author.")]);
        }

        string[] wanted = files.Named is { } named ? [named] : isWhole ? [.. files.AllNames] : Needed(name, files, models, warnings);
        long before = files.MissingBytes(wanted);
        InputFetch.Run(files, wanted, progress, cancellation);
        return new DownloadSummary(files.Path, files.Copies.Folder, wanted, before);
    }

    private static string[] Needed(string name, CheckpointFiles files, ModelResolver models, Action<Problem>? warnings)
    {
        // The format knows which files are the checkpoint's, and reads no more than their headers.
        string[] read;
        try
        {
            read = [.. models.Open(name).Files.Select(file => file.Key)];
        }
        catch (MergeHostException exception) when (exception.Code == ErrorCodes.UnknownFormat)
        {
            throw new MergeHostException([exception.Problems[0] with { Hint = "Download every file with `--all`." }]);
        }

        models.Warnings.ForEach(warning => warnings?.Invoke(warning));
        return [.. files.Names.Where(file => !_weights.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, file))).Union(read)
            .Order(StringComparer.Ordinal)];
    }
}
