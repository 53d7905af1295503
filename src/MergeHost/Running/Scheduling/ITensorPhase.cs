namespace MergeHost.Running.Scheduling;

/// <summary>One pass over a tensor, in blocks that can be worked on in any order.</summary>
internal interface ITensorPhase
{
    /// <summary>How many blocks there are.</summary>
    int BlockCount { get; }

    /// <summary>Works on a block; different blocks from several threads at once.</summary>
    void Run(int block, BlockWorker worker);
}
