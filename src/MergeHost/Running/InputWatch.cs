using MergeHost.Checkpoints;
using MergeHost.Planning;

namespace MergeHost.Running;

/// <summary>Notices files that change while they are read.</summary>
internal sealed class InputWatch
{
    private readonly Dictionary<string, (long Length, DateTime Changed)> _files;

    public InputWatch(IEnumerable<InputModel> models)
    {
        _files = models.SelectMany(model => model.WeightFiles).Distinct().ToDictionary(path => path, Look);
    }

    /// <exception cref="CheckpointException">A file is not what it was.</exception>
    public void ThrowIfChanged()
    {
        foreach ((string path, (long Length, DateTime Changed) before) in _files)
        {
            if (Look(path) != before)
            {
                throw new CheckpointException(new Problem(ErrorCodes.ChangedWhileRead, $"{path}: the file was changed while it was read",
                    "Run the same command again when nothing writes to it any more."));
            }
        }
    }

    private static (long Length, DateTime Changed) Look(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? (file.Length, file.LastWriteTimeUtc) : (-1, default);
    }
}
