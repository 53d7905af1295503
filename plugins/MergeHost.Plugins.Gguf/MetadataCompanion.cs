using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Plugins.Gguf.Writing;

namespace MergeHost.Plugins.Gguf;

/// <summary>A file's metadata as companions, so that they go along with a merge, in their order and with every key.</summary>
/// <remarks>Each is a GGUF header without tensors. The tokenizer's keys are apart, since a recipe may
/// take the tokenizer from another model.</remarks>
internal static class MetadataCompanion
{
    /// <summary>The companion with all keys but those of the tokenizer.</summary>
    public const string Model = "metadata.gguf-kv";

    /// <summary>The companion with the tokenizer's keys.</summary>
    public const string Tokenizer = "tokenizer.gguf-kv";

    /// <summary>What keys of the tokenizer begin with.</summary>
    public const string TokenizerPrefix = "tokenizer.";

    /// <summary>Makes the companions of a file.</summary>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="made">Tensors that are computed from the configuration, with their content: they go along as they are.</param>
    public static IEnumerable<CompanionFile> Make(Metadata metadata, IReadOnlyList<MadeTensor> made)
    {
        ILookup<bool, MetadataEntry> entries = metadata.Entries.Where(IsLasting)
            .ToLookup(entry => entry.Key.StartsWith(TokenizerPrefix, StringComparison.Ordinal));
        yield return Make(Model, [.. entries[false]], made);
        if (entries[true].Any())
        {
            yield return Make(Tokenizer, [.. entries[true]], []);
        }
    }

    /// <summary>Reads a companion, or gives <see langword="null"/> if there is no companion of that name.</summary>
    /// <exception cref="CheckpointException">It breaks the format's rules.</exception>
    public static (Metadata Metadata, IReadOnlyList<MadeTensor> Made)? Find(IEnumerable<CompanionFile> companions, string name)
    {
        if (companions.FirstOrDefault(companion => companion.Name == name) is not { } companion)
        {
            return null;
        }

        HeaderSource source = HeaderSource.Of(companion);
        GgufHeader header = GgufHeader.Read(source);
        return (header.Metadata, [.. header.Tensors.Select(tensor => MadeTensor.Read(tensor, source))]);
    }

    // Where tensors lie is the file's own affair.
    private static bool IsLasting(MetadataEntry entry) =>
        !entry.Key.StartsWith("split.", StringComparison.Ordinal) && entry.Key != GgufHeader.AlignmentKey;

    private static CompanionFile Make(string name, MetadataEntry[] entries, IReadOnlyList<MadeTensor> made) =>
        new(name, () => new MemoryStream(HeaderEncoder.Encode(entries, made, [], GgufHeader.DefaultAlignment), writable: false));
}
