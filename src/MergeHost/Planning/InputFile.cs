using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;

namespace MergeHost.Planning;

/// <summary>A file that a merge reads, and what it was when it was opened.</summary>
/// <param name="Name">The file as messages and manifests have it.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Identity">Which file that was, links followed.</param>
internal sealed record InputFile(string Name, string Path, FileIdentity Identity)
{
    /// <summary>Whether the path leads to another file by now, or the file was written to.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    public bool HasChanged => FileIdentity.TryOf(Path) != Identity;

    /// <summary>A file of a model as it is now.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="modelPath">Its file or folder.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It is not there any more.</exception>
    public static InputFile Of(string model, string modelPath, string path)
    {
        string relative = System.IO.Path.GetRelativePath(modelPath, System.IO.Path.GetFullPath(path));
        return Of(relative == "." ? model : $"{model}/{relative}", path);
    }

    /// <summary>A file as it is now.</summary>
    /// <exception cref="CheckpointException">It is not there any more.</exception>
    public static InputFile Of(string name, string path)
    {
        try
        {
            return new InputFile(name, path, FileIdentity.Of(path));
        }
        catch (IOException exception)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }
}
