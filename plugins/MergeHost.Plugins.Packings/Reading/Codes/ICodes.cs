using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>A matrix of small whole numbers as a packing stores them, one byte each once read.</summary>
internal interface ICodes
{
    /// <summary>Reads a rectangle.</summary>
    /// <param name="checkpoint">Holds the tensor.</param>
    /// <param name="block">The rectangle.</param>
    /// <param name="codes">Filled wholly, row by row.</param>
    void Read(ICheckpointReader checkpoint, Block block, Span<byte> codes);
}
