using MergeHost.Checkpoints;

namespace MergeHost.Models;

/// <summary>A checkpoint that is handed out to read; disposing it leaves it open for its owner.</summary>
internal sealed class LentCheckpoint(ICheckpointReader inner) : DerivedCheckpoint(inner, leaveOpen: true);
