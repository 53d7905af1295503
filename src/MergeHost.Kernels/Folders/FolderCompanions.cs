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
        "sentencepiece.bpe.model",
        "tokenizer.model.v3",
        "tekken.json",
        "chat_template.jinja",
        "chat_template.json",
        "preprocessor_config.json",
        "processor_config.json",
        "video_preprocessor_config.json",
        "quantize_config.json",
        "quant_config.json",
        "hf_quant_config.json",
    ];

    /// <summary>Finds those that exist in a folder.</summary>
    /// <exception cref="CheckpointException">One is no ordinary file, cannot be read, or is a link that leads nowhere or out of the folder.</exception>
    public static IReadOnlyList<CompanionFile> Find(string folder) =>
        [.. _names.Concat(Templates(folder)).Select(name => Find(folder, name)).OfType<CompanionFile>()];

    // Chat templates with names, beside the usual one.
    private static IEnumerable<string> Templates(string folder)
    {
        string templates = Path.Combine(folder, CompanionFile.TemplateFolder);
        return Directory.Exists(templates) && new DirectoryInfo(templates).LinkTarget is null
            ? Directory.EnumerateFiles(templates, "*.jinja").Select(path => $"{CompanionFile.TemplateFolder}/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)
            : [];
    }

    private static CompanionFile? Find(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        try
        {
            if (FileIdentity.TryOf(path) is null)
            {
                return new FileInfo(path).LinkTarget is { } target
                    ? throw Unusable($"the link leads to '{target}', which is not there", "Download the file again.")
                    : null;
            }

            if (ShardLink.Stray(folder, name) is { } stray)
            {
                throw Unusable($"the file is a link to '{stray}', outside of the checkpoint's folder", "Put the file itself into the folder.");
            }

            if (FileKind.Unusual(path) is { } kind)
            {
                throw Unusable($"expected a file, found {kind}", "Remove it, or put the file itself into the folder.");
            }

            File.OpenHandle(path).Dispose();
            return new CompanionFile(name, () => BoundedFile.Open(path)) { Path = path };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Unreadable(path, exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.'), exception);
        }

        CheckpointException Unusable(string reason, string hint) => new(new Problem(ErrorCodes.CheckpointUnreadable, $"{path}: {reason}", hint));
    }
}
