namespace MergeHost.Running.Scheduling;

/// <summary>A part of a tensor's block, or all of it.</summary>
/// <param name="Block">The element of the tensor with which the block begins.</param>
/// <param name="BlockLength">How many elements the block has.</param>
/// <param name="Start">The element of the block with which the part begins.</param>
/// <param name="Count">How many elements the part has.</param>
internal readonly record struct BlockPart(long Block, int BlockLength, int Start, int Count)
{
    /// <summary>The element of the tensor with which the part begins.</summary>
    public long FirstElement => Block + Start;
}
