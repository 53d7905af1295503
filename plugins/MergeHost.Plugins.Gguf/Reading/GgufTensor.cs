namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>What a header says of one tensor, consistent in itself.</summary>
/// <param name="Info">Its name as GGUF has it, its type and its shape, outermost extent first.</param>
/// <param name="Start">Where it begins in the file.</param>
internal readonly record struct GgufTensor(TensorInfo Info, long Start);
