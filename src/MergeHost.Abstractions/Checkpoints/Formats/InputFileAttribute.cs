namespace MergeHost.Checkpoints;

/// <summary>Marks a text among a format's options as the path of a file that the output depends on.</summary>
/// <remarks>A relative path starts at the current folder, and where nothing is there, at the recipe's. The host takes the file's
/// bytes into the identity of a merge.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InputFileAttribute : Attribute;
