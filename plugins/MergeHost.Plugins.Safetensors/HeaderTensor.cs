namespace MergeHost.Plugins.Safetensors;

/// <summary>What a header says of one tensor, consistent in itself.</summary>
/// <param name="Info">Name, type and shape.</param>
/// <param name="Begin">Where its first byte lies, counted from the end of the header.</param>
internal readonly record struct HeaderTensor(TensorInfo Info, long Begin)
{
    /// <summary>Where its last byte's successor lies.</summary>
    public long End => Begin + Info.LengthBytes;
}
