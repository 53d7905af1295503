using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Names;
using MergeHost.Plugins.Gguf.Names.Tokens;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf;

/// <summary>What a file says beside its tensors, as the files that Hugging Face would have.</summary>
internal static class CompanionMap
{
    /// <summary>Makes configuration and tokenizer as far as they are known, and the metadata as they are.</summary>
    /// <exception cref="CheckpointException">A value has another type than it must have.</exception>
    public static IReadOnlyList<CompanionFile> Make(Metadata metadata, IReadOnlyList<MadeTensor> made, IReadOnlyList<TensorInfo> tensors)
    {
        List<CompanionFile> companions = [];
        ModelArchitecture? architecture = ModelKind.FamilyOf(metadata);
        if (architecture is not null)
        {
            companions.Add(CompanionFile.FromBytes("config.json", ConfigMap.ToConfig(metadata, architecture, tensors, made)));
        }

        return [.. companions, .. TokenizerMap.ToCompanions(metadata), .. MetadataCompanion.Make(metadata, made)];
    }
}
