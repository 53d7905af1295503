using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Options;

/// <summary>Opens a checkpoint that a user names as the value of an option.</summary>
/// <param name="name">The name.</param>
/// <returns><see langword="null"/> if it cannot be opened, which has been reported.</returns>
internal delegate AuxiliaryCheckpoint? AuxiliaryOpener(YamlScalar name);
