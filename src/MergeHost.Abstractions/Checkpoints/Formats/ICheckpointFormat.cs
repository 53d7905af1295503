namespace MergeHost.Checkpoints;

/// <summary>A way to store a checkpoint: opens what exists. One that can also be written is an
/// <see cref="IWritableCheckpointFormat"/>.</summary>
/// <remarks>
/// Inside the host, names, shapes and the order of elements are those of Hugging Face; a format translates at its border.
/// The host creates one instance and calls it from any thread.
/// </remarks>
public interface ICheckpointFormat
{
    /// <summary>Opens a checkpoint and reads its headers; no tensor data is read.</summary>
    /// <param name="files">
    /// The files of a folder or repository, one of which may be named: one that matches <see cref="CheckpointFormatAttribute.Files"/>, or a
    /// folder that <see cref="CheckpointFormatAttribute.Markers"/> mark.
    /// </param>
    /// <returns>A reader; the caller disposes it.</returns>
    /// <exception cref="CheckpointException">The headers break the format's rules, or a file is missing or unreadable. Everything
    /// that the headers can tell is checked here: sizes, offsets, names, the length of each file.</exception>
    ICheckpointReader Open(CheckpointFiles files);
}
