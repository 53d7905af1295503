namespace MergeHost.Plugins.Safetensors;

/// <summary>How the files of a checkpoint are called.</summary>
internal static class SafetensorsNames
{
    public const string Single = "model" + Extension;
    /// <summary>Mistral's own file beside those of the hub.</summary>
    public const string Consolidated = "consolidated" + Extension;

    public const string Index = "model" + IndexExtension;
    /// <summary>The file that makes a folder that of an adapter.</summary>
    public const string AdapterConfig = "adapter_config.json";

    public const string Adapter = "adapter_model" + Extension;

    /// <summary>The files that hold rows for new tokens beside an adapter.</summary>
    public static readonly string[] NewEmbeddings = ["new_embeddings" + Extension, "new_embeddings.bin"];

    public const string Extension = ".safetensors";
    public const string IndexExtension = ".safetensors.index.json";
}
