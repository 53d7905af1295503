using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>Chat templates: the usual one and others with names, in all places where Hugging Face's files have them.</summary>
/// <remarks>Files of templates go before <c>tokenizer_config.json</c>, as in transformers;
/// <c>chat_template.json</c>, of older processors, comes last.</remarks>
internal static class ChatTemplateMap
{
    private const string Key = MetadataCompanion.TokenizerPrefix + "chat_template";
    private const string NamesKey = MetadataCompanion.TokenizerPrefix + "chat_templates";
    private const string Usual = "default";
    private const string Folder = CompanionFile.TemplateFolder + "/";
    private const string Extension = ".jinja";

    /// <summary>The metadata of a model's templates.</summary>
    /// <param name="companions">The model's files.</param>
    /// <param name="config"><c>tokenizer_config.json</c>.</param>
    public static IEnumerable<MetadataEntry> ToMetadata(IReadOnlyList<CompanionFile> companions, JsonObject? config)
    {
        List<(string Name, string Template)> templates = [.. Find(companions, config)
            .Select(template => (Plain(template.Name), template.Template)).DistinctBy(template => template.Item1)];
        (string Name, string Template)[] named = [.. templates.Where(template => template.Name is not (Usual or ""))];
        foreach ((string name, string template) in named)
        {
            yield return MetadataEntry.Of($"{Key}.{name}", template);
        }

        if (named.Length > 0)
        {
            yield return MetadataEntry.OfStrings(NamesKey, [.. named.Select(template => Encoding.UTF8.GetBytes(template.Name))]);
        }

        if (templates.Find(template => template.Name == Usual).Template is { } usual)
        {
            yield return MetadataEntry.Of(Key, usual);
        }
    }

    /// <summary>What <c>tokenizer_config.json</c> says of a file's templates: one text, or a list with
    /// names; <see langword="null"/> for none.</summary>
    public static JsonNode? ToConfig(Metadata metadata)
    {
        string? usual = metadata.Find(Key)?.Text;
        string[] names = [.. (metadata.Find(NamesKey)?.Strings() ?? []).Select(name => Encoding.UTF8.GetString(name))];
        List<(string Name, string? Template)> templates = [(Usual, usual),
            .. names.Select(name => (name, metadata.Find($"{Key}.{name}")?.Text))];
        templates.RemoveAll(template => template.Template is null);
        return templates switch
        {
            [] => null,
            [(Usual, { } only)] => only,
            _ => new JsonArray([.. templates.Select(template => new JsonObject
            {
                ["name"] = template.Name,
                ["template"] = template.Template
            })]),
        };
    }

    private static IEnumerable<(string Name, string Template)> Find(IReadOnlyList<CompanionFile> companions, JsonObject? config)
    {
        (string Name, string Template)[] files =
        [
            .. companions.Where(file => file.Name == "chat_template.jinja")
                .Select(file => (Usual, Encoding.UTF8.GetString(file.ReadBytes()))),
            .. companions.Where(file => file.Name.StartsWith(Folder, StringComparison.Ordinal)
                && file.Name.EndsWith(Extension, StringComparison.Ordinal))
                .Select(file => (file.Name[Folder.Length..^Extension.Length], Encoding.UTF8.GetString(file.ReadBytes()))),
        ];
        return files.Length > 0 ? files
            : Of(config.Find("chat_template")).ToArray() is { Length: > 0 } own ? own
            : Of((companions.FirstOrDefault(file => file.Name == "chat_template.json")?.ReadJson()).Find("chat_template"));
    }

    private static IEnumerable<(string Name, string Template)> Of(JsonNode? node) => node switch
    {
        JsonArray several => several.Where(one => one.Find("name").AsText() is not null && one.Find("template").AsText() is not null)
            .Select(one => (one.Find("name").AsText()!, one.Find("template").AsText()!)),
        JsonObject byName => byName.Where(entry => entry.Value.AsText() is not null).Select(entry => (entry.Key, entry.Value.AsText()!)),
        _ => node.AsText() is { } text ? [(Usual, text)] : [],
    };

    // As in gguf-py: letters and digits alone.
    private static string Plain(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
}
