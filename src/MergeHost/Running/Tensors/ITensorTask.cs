using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Tensors;

/// <summary>The making of one tensor or of several.</summary>
internal interface ITensorTask : IBlockTask
{
    /// <summary>What is to be noted of each tensor, once the task is done.</summary>
    IReadOnlyList<TensorRecord> Records { get; }
}
