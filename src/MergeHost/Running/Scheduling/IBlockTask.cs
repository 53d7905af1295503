namespace MergeHost.Running.Scheduling;

/// <summary>Work that goes in passes, each pass in blocks.</summary>
internal interface IBlockTask
{
    /// <summary>The pass that is due, or <see langword="null"/> when the work is done.</summary>
    ITensorPhase? Phase { get; }

    /// <summary>Memory that must be there before the work begins, besides what is borrowed when there is some.</summary>
    long NeededBytes { get; }

    /// <summary>Whether it is begun beside others; if not, it had better wait for what they hold.</summary>
    bool CanBeginBesideOthers => true;

    /// <summary>Prepares the first pass; called once, before anything else.</summary>
    void Begin();

    /// <summary>Ends a pass and prepares the next; called once after each, when all its blocks are done.</summary>
    void Advance(BlockWorker worker);
}
