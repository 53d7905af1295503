namespace MergeHost.Running;

/// <summary>The making of one tensor or of several.</summary>
internal interface ITensorTask : IBlockTask
{
    /// <summary>What is to be noted of each tensor, once the task is done.</summary>
    IReadOnlyList<TensorRecord> Records { get; }
}
