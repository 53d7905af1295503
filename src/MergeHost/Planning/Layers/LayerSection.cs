using System.Text.Json.Nodes;
using MergeHost.Models;
using MergeHost.Planning.Modules;

namespace MergeHost.Planning.Layers;

/// <summary>The part of <c>config.json</c> that tells of one stack of layers.</summary>
internal sealed class LayerSection
{
    // Configurations within the configuration, and the fields that count layers; BART has the encoder's count twice.
    private static readonly LayerSection _text = new([], [], isText: true);

    private static readonly Dictionary<string, LayerSection> _parts = new()
    {
        [ModuleNames.Vision] = new(["vision_config", "vision_cfg"], ["num_hidden_layers", "depth", "num_layers", "n_layers", "layers"],
            isText: false),
        [ModuleNames.Audio] = new(["audio_config"], ["num_hidden_layers", "encoder_layers", "conf_num_hidden_layers", "num_layers"],
            isText: false),
        [ModuleNames.Encoder] = new([], ["encoder_layers", "num_layers"], isText: false),
        [ModuleNames.Decoder] = new([], ["decoder_layers", "num_decoder_layers"], isText: false),
    };

    private readonly string[] _sections;
    private readonly string[] _counts;
    private readonly bool _isText;

    private LayerSection(string[] sections, string[] counts, bool isText)
    {
        _sections = sections;
        _counts = counts;
        _isText = isText;
    }

    /// <summary>Whether its fields tell of single layers; where encoder and decoder share them, they do not.</summary>
    public bool HasFields => _isText || _sections.Length > 0;

    /// <summary>Whether its fields tell what kind each layer is.</summary>
    public bool HasKinds => _isText;

    /// <summary>The section for a part of a model; that of the text for a whole one.</summary>
    public static LayerSection Of(string? part) => part is null ? _text : _parts.GetValueOrDefault(part, _text);

    /// <summary>The section of a configuration; <see langword="null"/> if it has none.</summary>
    public JsonObject? Find(JsonObject config) => _isText ? LayerFields.TextOf(config)
        : _sections.Length == 0 ? config
        : _sections.Select(name => config[name] as JsonObject).FirstOrDefault(section => section is not null);

    /// <summary>The names of the fields that count the layers.</summary>
    public IReadOnlyList<string> CountKeys(JsonObject section)
    {
        if (_isText)
        {
            return [LayerFields.CountKey(section)];
        }

        List<string> keys = [.. _counts.Where(section.ContainsKey).Take(1)];
        return keys is ["encoder_layers"] && section.ContainsKey("num_hidden_layers") ? [.. keys, "num_hidden_layers"] : keys;
    }
}
