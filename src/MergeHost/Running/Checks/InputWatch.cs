using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Running.Checks;

/// <summary>Notices files that change between the moment they are opened and the end of a stage, also where links lead to.</summary>
internal sealed class InputWatch(IEnumerable<InputModel> models)
{
    private readonly InputFile[] _files = [.. models.SelectMany(model => model.Files)];

    /// <exception cref="CheckpointException">A file is not what it was.</exception>
    public void ThrowIfChanged()
    {
        if (_files.FirstOrDefault(file => file.HasChanged) is { } changed)
        {
            throw new CheckpointException(new Problem(ErrorCodes.ChangedWhileRead,
                $"{changed.Path}: the file was changed while it was read",
                "Run the same command again when nothing writes to it any more."));
        }
    }
}
