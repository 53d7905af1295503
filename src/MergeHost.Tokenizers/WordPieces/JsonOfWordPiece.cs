using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>BERT's <c>vocab.txt</c>, a piece in each line, as <c>tokenizer.json</c> says it.</summary>
internal static class JsonOfWordPiece
{
    // What BERT's tokens are if the settings do not name them.
    private static readonly (string Role, string Default)[] _special =
        [("pad_token", "[PAD]"), ("unk_token", "[UNK]"), ("cls_token", "[CLS]"), ("sep_token", "[SEP]"), ("mask_token", "[MASK]")];

    // Classes of tokenizers, and types of models, whose way with text is BERT's.
    private static readonly string[] _likeBert =
    [
        "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "ConvBertTokenizer", "LayoutLMTokenizer",
        "SqueezeBertTokenizer",
        "bert", "distilbert", "electra", "mobilebert", "convbert", "layoutlm", "squeezebert",
    ];

    /// <summary>Makes the file.</summary>
    /// <param name="lines">The pieces, by id.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there: capitals go unless <c>do_lower_case</c> is false.</param>
    /// <param name="kind">The tokenizer's class without "Fast", or the model's type.</param>
    /// <returns><see langword="null"/> if the kind is not known.</returns>
    public static JsonObject? Make(string[] lines, JsonObject? settings, string? kind)
    {
        if (!_likeBert.Contains(kind))
        {
            return null;
        }

        JsonObject ids = [];
        foreach ((int id, string piece) in lines.Index())
        {
            ids[piece] = id;
        }

        Dictionary<string, (string Text, int Id)> special =
            _special.Select(token => (token.Role, Text: TokenRoles.TextOf(settings, token.Role) ?? token.Default))
                .Where(token => ids.ContainsKey(token.Text))
                .ToDictionary(token => token.Role, token => (token.Text, ids[token.Text]!.GetValue<int>()));
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Values.DistinctBy(token => token.Id).OrderBy(token => token.Id)
                .Select(token => TokenizerFiles.Added(token.Text, token.Id, isSpecial: true))]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = settings.Find("tokenize_chinese_chars").AsTruth() ?? true,
                ["strip_accents"] = settings.Find("strip_accents").AsTruth(),
                ["lowercase"] = settings.Find("do_lower_case").AsTruth() ?? true,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = special.TryGetValue("cls_token", out (string, int) begin)
                && special.TryGetValue("sep_token", out (string, int) end)
                ? TokenizerFiles.Around(begin, end) : null,
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = TokenRoles.TextOf(settings, "unk_token") ?? "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = ids,
            },
        };
    }
}
