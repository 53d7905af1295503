using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;

namespace MergeHost.Kernels.Folders;

/// <summary>The files that lie beside the weights: configuration, tokenizer, and what prepares images and video.</summary>
public static class FolderCompanions
{
    private static readonly string[] _names =
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "tokenizer.model",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "spiece.model",
        "chat_template.jinja",
        "chat_template.json",
        "preprocessor_config.json",
        "processor_config.json",
        "video_preprocessor_config.json",
    ];

    /// <summary>Finds those that exist in a folder.</summary>
    public static IReadOnlyList<CompanionFile> Find(string folder) =>
    [
        .. _names
            .Select(name => (Name: name, Path: Path.Combine(folder, name)))
            .Where(file => File.Exists(file.Path) && FileKind.Unusual(file.Path) is null)
            .Select(file => new CompanionFile(file.Name, () => File.OpenRead(file.Path))),
    ];
}
