namespace MergeHost.Planning.Modules;

/// <summary>Parts of models by the words that their tensors' names have, and by what recipes call them.</summary>
internal static class ModuleNames
{
    public const string Text = "text_decoder";

    public const string Vision = "vision_tower";

    public const string Audio = "audio_tower";

    public const string Projector = "multi_modal_projector";

    public const string Encoder = "encoder";

    public const string Decoder = "decoder";

    public const string Shared = "shared";

    // Part, then the words; of a name with several, the first in this order decides if it is
    // that of a projector, else the first in the name.
    private static readonly (string Part, string[] Words)[] _words =
    [
        (Projector,
        [
            "multi_modal_projector", "mm_projector", "projector", "connector", "merger", "deepstack_merger_list", "aligner", "patch_merger",
            "mlp1",
            "embed_vision", "embed_audio", "visual_projection", "text_projection",
        ]),
        (Vision, ["vision_tower", "vision_model", "visual", "vision", "vision_encoder", "image_encoder", "img_processor", "vit"]),
        (Audio, ["audio_tower", "audio_model", "audio", "audio_encoder", "speech_encoder"]),
        (Text, ["text_decoder", "language_model", "text_model", "text", "llm"]),
        (Encoder, ["encoder"]),
        (Decoder, ["decoder"]),
        (Shared, ["shared"]),
    ];

    /// <summary>The part that a recipe means by a word, or <see langword="null"/> if the word is none of these.</summary>
    public static string? Meant(string word) => _words.FirstOrDefault(part => part.Words.Contains(word)).Part;

    /// <summary>The part that a tensor belongs to by its name; text where nothing else is said.</summary>
    public static string Of(string tensor)
    {
        string[] words = tensor.Split('.');
        return words.Any(_words[0].Words.Contains) ? Projector : words.Select(Meant).FirstOrDefault(part => part is not null) ?? Text;
    }
}
