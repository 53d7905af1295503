using MergeHost.Checkpoints;

namespace MergeHost.Runtimes;

/// <summary>Runs language models.</summary>
/// <remarks>The host makes one instance; a call loads one model.</remarks>
public interface IModelRuntime
{
    /// <summary>Loads a model.</summary>
    /// <param name="checkpoint">A checkpoint on disk, or a merge that has not been written. It may
    /// be disposed once the call has returned.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="threads">How many threads it may use, at least 1.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="MergeHostException">The model or its tokenizer is of a kind that the runtime does not
    /// know, or the device is not there.</exception>
    ILanguageModel Load(ICheckpointReader checkpoint, DeviceSpec device, int threads);
}
