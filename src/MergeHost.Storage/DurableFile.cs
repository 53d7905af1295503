namespace MergeHost.Storage;

/// <summary>Writes small files so that each is there wholly or not at all, whatever happens.</summary>
public static class DurableFile
{
    /// <summary>Writes a file beside its final name, makes it durable and renames it; a file of that name is replaced.</summary>
    /// <exception cref="IOException">It cannot be written or renamed.</exception>
    public static void Write(string path, byte[] content)
    {
        using MemoryStream stream = new(content, writable: false);
        Write(path, stream);
    }

    /// <inheritdoc cref="Write(string, byte[])"/>
    /// <param name="path">The final name.</param>
    /// <param name="content">Read to its end.</param>
    public static void Write(string path, Stream content)
    {
        string partialPath = path + PartialFile.Suffix;

        // Not FileMode.Create, which would write to what a link leads to.
        File.Delete(partialPath);
        using (FileStream file = new(partialPath, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            content.CopyTo(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(partialPath, path, overwrite: true);
        DurableFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
