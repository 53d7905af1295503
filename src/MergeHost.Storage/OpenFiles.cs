namespace MergeHost.Storage;

/// <summary>Bounds how many weight files are open: those that were read longest ago are closed,
/// and opened again when they are read.</summary>
internal static class OpenFiles
{
    /// <summary>The most files that stay open, with two handles each: within the 1,024 that some systems allow a process.</summary>
    public const int Most = 256;

    private static readonly LinkedList<WeightFile> _files = [];
    private static readonly Lock _lock = new();

    /// <summary>Notes that a file is about to be read.</summary>
    public static void Touch(LinkedListNode<WeightFile> file)
    {
        WeightFile? oldest = null;
        lock (_lock)
        {
            if (file.List is not null)
            {
                _files.Remove(file);
            }

            _files.AddLast(file);
            if (_files.Count > Most)
            {
                oldest = _files.First!.Value;
                _files.RemoveFirst();
            }
        }

        oldest?.Close();
    }

    /// <summary>Forgets a file.</summary>
    public static void Remove(LinkedListNode<WeightFile> file)
    {
        lock (_lock)
        {
            if (file.List is not null)
            {
                _files.Remove(file);
            }
        }
    }
}
