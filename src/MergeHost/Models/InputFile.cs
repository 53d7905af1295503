using MergeHost.Checkpoints;
using MergeHost.Storage;

namespace MergeHost.Models;

/// <summary>A file that a merge reads, and what it was when it was opened.</summary>
/// <param name="Name">The file as messages and manifests have it.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Identity">Which file that was, links followed.</param>
/// <param name="LengthBytes">Its length.</param>
internal sealed record InputFile(string Name, string Path, string Identity, long LengthBytes)
{
    /// <summary>What the system said of a file of this machine; <see langword="null"/> for one of a store.</summary>
    public FileIdentity? Local { get; private init; }

    /// <summary>The files of the store that it is among; <see langword="null"/> for one of this machine.</summary>
    public CheckpointFiles? Store { get; private init; }

    /// <summary>Its name among those.</summary>
    public string Key { get; private init; } = "";

    /// <summary>Whether the path leads to another file by now, or the file was written to.</summary>
    /// <exception cref="IOException">The system does not tell.</exception>
    /// <exception cref="CheckpointException">The store does not tell.</exception>
    public bool HasChanged => (Store is null ? FileIdentity.TryOf(Path)?.ToString() : Store.IdentityOf(Key)) != Identity;

    /// <summary>A file of a model as it is now.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="modelPath">Its file or folder.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="CheckpointException">It is not there any more.</exception>
    public static InputFile Of(string model, string modelPath, OpenedFile file)
    {
        if (file.Store is not { } store)
        {
            string relative = System.IO.Path.GetRelativePath(modelPath, System.IO.Path.GetFullPath(file.Path));
            return Of(relative == "." ? model : $"{model}/{relative}", file.Path);
        }

        string key = store.AllNames.First(name => store.PathOf(name) == file.Path);
        using CheckpointFile open = store.Open(key);
        return new InputFile(store.Path == file.Path ? model : $"{model}/{key}", file.Path, open.Identity, open.LengthBytes)
        {
            Store = store,
            Key = key
        };
    }

    /// <summary>A file of this machine as it is now.</summary>
    /// <exception cref="CheckpointException">It is not there any more.</exception>
    public static InputFile Of(string name, string path)
    {
        try
        {
            FileIdentity identity = FileIdentity.Of(path);
            return new InputFile(name, path, identity.ToString(), identity.LengthBytes) { Local = identity };
        }
        catch (IOException exception)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }
}
