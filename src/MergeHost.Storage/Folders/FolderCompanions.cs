using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

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
        "adapter_config.json",
        "sentence_bert_config.json",
    ];

    /// <summary>Finds those that exist.</summary>
    /// <exception cref="CheckpointException">One is no ordinary file, cannot be read, or is a link that
    /// leads nowhere or out of the folder.</exception>
    public static IReadOnlyList<CompanionFile> Find(CheckpointFiles files) =>
        [.. _names.Concat(Templates(files)).Select(files.Companion).OfType<CompanionFile>()];

    /// <summary>Writes such files into a folder, each whole or not at all.</summary>
    /// <exception cref="IOException">One cannot be written.</exception>
    /// <exception cref="CheckpointException">One cannot be read.</exception>
    public static void Write(string folder, IEnumerable<CompanionFile> companions)
    {
        foreach (CompanionFile companion in companions)
        {
            string path = Path.Combine(folder, companion.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using Stream content = companion.Open();
            DurableFile.Write(path, content);
        }
    }

    // Chat templates with names, beside the usual one.
    private static IEnumerable<string> Templates(CheckpointFiles files) => files.NamesIn(CompanionFile.TemplateFolder)
        .Where(name => name.EndsWith(".jinja", StringComparison.Ordinal)).Select(name => $"{CompanionFile.TemplateFolder}/{name}");
}
