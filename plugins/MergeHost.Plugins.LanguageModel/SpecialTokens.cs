using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>The tokens that begin and end texts, by id and by name, as a checkpoint's files have them.</summary>
/// <param name="BeginId">BOS, or else EOS: what stands before a text that nothing else stands before.</param>
/// <param name="BeginName">BOS as a text writes it, or <see langword="null"/>.</param>
/// <param name="EndName">EOS as a text writes it, or <see langword="null"/>.</param>
/// <param name="UnknownName">What stands for a letter that no token has, or <see langword="null"/>.</param>
/// <param name="PaddingName">What fills rows up, or <see langword="null"/>.</param>
internal sealed record SpecialTokens(int? BeginId, string? BeginName, string? EndName, string? UnknownName, string? PaddingName)
{
    /// <summary>Finds them.</summary>
    public static SpecialTokens Find(IReadOnlyList<CompanionFile> companions, LanguageModel model)
    {
        JsonObject? settings = Read("tokenizer_config.json");
        JsonObject? config = Read("config.json");
        int? begin = config.Find("bos_token_id").AsInt() ?? model.Tokenizer.BeginId;
        int? end = model.EndIds.Count > 0 ? model.EndIds.Min() : null;
        return new SpecialTokens(begin ?? end, Name("bos_token") ?? Named(begin), Name("eos_token") ?? Named(end), Name("unk_token"),
            Name("pad_token"));

        JsonObject? Read(string name) => companions.FirstOrDefault(file => file.Name == name)?.ReadJson();

        string? Name(string role) => TokenRoles.TextOf(settings, role);

        string? Named(int? id) => id is { } known && model.Tokenizer.Name(known) is { Length: > 0 } name ? name : null;
    }
}
