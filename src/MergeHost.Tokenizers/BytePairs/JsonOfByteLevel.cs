using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary><c>vocab.json</c> and <c>merges.txt</c> as <c>tokenizer.json</c> says them. How text is cut first is in neither:
/// it is known by the tokenizer's class.</summary>
internal static class JsonOfByteLevel
{
    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // Classes of tokenizers, and types of models.
    private static readonly string[] _likeGpt2 = ["GPT2Tokenizer", "CodeGenTokenizer", "gpt2", "gpt_neo", "gptj", "gpt_bigcode", "codegen",
        "opt"];
    private static readonly string[] _likeRoberta = ["RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "roberta",
        "bart", "longformer", "led"];
    private static readonly string[] _likeQwen2 = ["Qwen2Tokenizer", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe"];

    /// <summary>Makes the file.</summary>
    /// <param name="vocabulary">The pieces with their ids.</param>
    /// <param name="lines">The merges, a pair in each line, after a line with the version.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there.</param>
    /// <param name="kind">The tokenizer's class without "Fast", or the model's type.</param>
    /// <returns><see langword="null"/> if the kind is not known.</returns>
    public static JsonObject? Make(JsonObject vocabulary, IEnumerable<string> lines, JsonObject? settings, string? kind)
    {
        bool isQwen2 = _likeQwen2.Contains(kind);
        bool isRoberta = _likeRoberta.Contains(kind);
        if (!isQwen2 && !isRoberta && !_likeGpt2.Contains(kind))
        {
            return null;
        }

        Dictionary<string, int> ids = BpeTables.Vocabulary(vocabulary);
        (string Text, int Id)? Special(string role, string? @default) =>
            (TokenRoles.TextOf(settings, role) ?? @default) is { } text && ids.TryGetValue(text, out int id) ? (text, id) : null;
        (string Text, int Id)?[] special = isRoberta
            ? [Special("bos_token", "<s>"), Special("pad_token", "<pad>"), Special("eos_token", "</s>"), Special("unk_token", "<unk>"),
                Special("mask_token", "<mask>")]
            : [.. TokenRoles.All.Select(role => Special(role, role is "bos_token" or "eos_token" or "unk_token" ? "<|endoftext|>" : null))];
        string? mask = TokenRoles.TextOf(settings, "mask_token") ?? (isRoberta ? "<mask>" : null);
        JsonObject bytes = new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = settings.Find("add_prefix_space").AsTruth() ?? false,
            ["trim_offsets"] = !isQwen2,
            ["use_regex"] = !isQwen2,
        };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.OfType<(string Text, int Id)>().DistinctBy(token => token.Id)
                .OrderBy(token => token.Id)
                    .Select(token => TokenizerFiles.Added(token.Text, token.Id, isSpecial: true,
                        takesSpaceBefore: isRoberta && token.Text == mask))]),
            ["normalizer"] = isQwen2 ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = !isQwen2 ? bytes : new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject
                    {
                        ["type"] = "Split",
                        ["pattern"] = new JsonObject { ["Regex"] = Qwen2 },
                        ["behavior"] = "Isolated",
                        ["invert"] = false
                    }, bytes),
            },
            ["post_processor"] = isRoberta && special[0] is { } begin && special[2] is { } end
                ? TokenizerFiles.Around(begin, end, between: 2)
                : null,
            ["decoder"] =
                new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary.DeepClone(),
                ["merges"] =
                    new JsonArray([.. lines.Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))
                        .Select(Pair)]),
            },
        };
    }

    private static JsonArray Pair(string line) => line.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right]
        ? new JsonArray(left, right)
        : throw TokenizerException.Broken("merges.txt", $"'{CheckpointException.Printable(line)}' is no pair of pieces");
}
