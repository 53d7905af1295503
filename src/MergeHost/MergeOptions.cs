namespace MergeHost;

/// <summary>How a merge is carried out; nothing here changes a bit of the result but the seed and the shards.</summary>
public sealed record MergeOptions
{
    /// <summary>Where arithmetic is done; the processor by default.</summary>
    public DeviceSpec Device { get; init; }

    /// <summary>How many threads work, at least 1; by default two more than there are processors, since some wait for the disk.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount + 2;

    /// <summary>
    /// How much memory the merge may take in bytes, at least 128 MiB; 320 MiB by default. Of it, what the program itself does not need
    /// holds tensors that are looked at more than once. A matrix strategy needs its tensors whole, whatever is set here.
    /// </summary>
    public long MemoryBytes { get; init; } = 320L << 20;

    /// <summary>The largest size of a file of the output in bytes; 5 GB by default.</summary>
    public long ShardSizeBytes { get; init; } = 5_000_000_000;

    /// <summary>The seed of everything random; 0 by default.</summary>
    public long Seed { get; init; }

    /// <summary>Whether an output folder that is not empty is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Whether models of stores are read where they are, rather than downloaded and checked first.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether plugins must be those of the lock file.</summary>
    public bool Locked { get; init; }

    /// <summary>Whether builders check what they built, by running it.</summary>
    public bool Check { get; init; }

    /// <summary>How many elements a thread works on at a time: a multiple of 65,536; 262,144 by default.</summary>
    public int BlockElements { get; init; } = 1 << 18;

    /// <summary>
    /// The folder in which singular values and results of benchmarks are kept from run to run; made if it is not there.
    /// <see langword="null"/> to keep nothing, the default.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>What is left of the memory for tensors.</summary>
    internal long TensorBytes => Math.Max(0, MemoryBytes - (96L << 20));

    /// <summary>Where singular values are kept.</summary>
    internal string? SpectraFolder => CacheFolder is null ? null : Path.Combine(CacheFolder, "spectra");

    /// <summary>Changes that merges share which differ by λ alone; <see langword="null"/> to make each anew, the default.</summary>
    internal KeptChanges? Changes { get; init; }

    /// <summary>How many numbers the processor works on side by side.</summary>
    internal Kernels.Vectors.LaneWidth Lanes { get; init; } = Kernels.Vectors.LaneWidths.Current;
}
