using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>What a file says beside its tensors: keys with values, in order.</summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Entries">The keys; each stands once.</param>
internal sealed record Metadata(string Path, IReadOnlyList<MetadataEntry> Entries)
{
    private readonly Dictionary<string, MetadataEntry> _byKey = Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);

    /// <summary>The entry of a key, or <see langword="null"/>.</summary>
    public MetadataEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The text of a key, or <see langword="null"/> if the key is not there.</summary>
    /// <exception cref="CheckpointException">The value is no string.</exception>
    public string? Text(string key) => Find(key) is { } entry ? entry.Text ?? throw WrongType(entry, "a string") : null;

    /// <summary>The whole number of a key, or <see langword="null"/> if the key is not there.</summary>
    /// <exception cref="CheckpointException">The value is no whole number, or below 0.</exception>
    public long? Whole(string key) => Find(key) is { } entry ? entry.Whole ?? throw WrongType(entry, "a whole number from 0 up") : null;

    /// <summary>The error of a value that has another type than it must have.</summary>
    public CheckpointException WrongType(MetadataEntry entry, string expected) => CheckpointException.BadHeader(
        Path, $"'{CheckpointException.Printable(entry.Key)}' is {CheckpointException.Printable(entry.ToString())}, of type {entry.Type}; "
            + $"it must be {expected}");
}
