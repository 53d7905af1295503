namespace MergeHost.Checkpoints;

/// <summary>A way to store a checkpoint: opens what exists, creates what is to be written.</summary>
/// <remarks>
/// Inside the host, names, shapes and the order of elements are those of Hugging Face; a format translates at its border.
/// The host creates one instance and calls it from any thread.
/// </remarks>
public interface ICheckpointFormat
{
    /// <summary>Opens a checkpoint and reads its headers; no tensor data is read.</summary>
    /// <param name="path">A file, or a folder with one checkpoint, that matches <see cref="CheckpointFormatAttribute.Files"/>.</param>
    /// <returns>A reader; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">The headers break the format's rules, or a file is missing or unreadable. Everything
    /// that the headers can tell is checked here: sizes, offsets, names, the length of each file.</exception>
    ICheckpointReader Open(string path);

    /// <summary>Creates the files of a checkpoint, at their full size and under the name <c>….partial</c>.</summary>
    /// <remarks>Files that an earlier, broken run left, with the same layout, are reused with what they hold.</remarks>
    /// <param name="folder">An existing folder.</param>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <returns>A writer; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">The layout holds what the format cannot store.</exception>
    /// <exception cref="IOException">A file cannot be made, for want of room for example.</exception>
    ICheckpointWriter Create(string folder, CheckpointLayout layout);
}
