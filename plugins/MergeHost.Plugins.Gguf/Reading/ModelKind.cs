using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>Whether a file holds a model: GGUF is used for other things too.</summary>
internal static class ModelKind
{
    /// <summary>The key that names what a file holds.</summary>
    public const string TypeKey = "general.type";

    /// <summary>The key that names the model's architecture.</summary>
    public const string ArchitectureKey = "general.architecture";

    /// <summary>Refuses what is no model.</summary>
    /// <returns>What is odd, or <see langword="null"/>.</returns>
    /// <exception cref="CheckpointException">The file holds something else, or does not say of which architecture the model is.</exception>
    public static Problem? Check(Metadata metadata, int tensorCount)
    {
        string kind = metadata.Text(TypeKey) ?? "model";
        if (kind != "model")
        {
            throw CheckpointException.OtherFormat(metadata.Path, "a model", Describe(kind), "Name the model's own file.");
        }

        string? architecture = metadata.Text(ArchitectureKey);
        if (string.IsNullOrEmpty(architecture))
        {
            throw CheckpointException.BadHeader(metadata.Path, $"'{ArchitectureKey}' is not there: it must name the model's architecture");
        }

        if (architecture == "clip")
        {
            throw CheckpointException.OtherFormat(metadata.Path, "a model", Describe("mmproj"), "Name the model's own file.");
        }

        return tensorCount == 0 ? Oddity.Of(metadata.Path, "the file has no tensors, only metadata, such as a vocabulary") : null;
    }

    /// <summary>The family of a file's model, or <see langword="null"/> if it is not known.</summary>
    public static ModelArchitecture? FamilyOf(Metadata metadata) =>
        ModelArchitectures.OfGguf(metadata.Text(ArchitectureKey), metadata.Whole);

    private static string Describe(string kind) => kind switch
    {
        "adapter" => "an adapter (LoRA)",
        "imatrix" => "an importance matrix",
        "mmproj" => "a projector for images or sound",
        "vocab" => "a vocabulary",
        _ => $"'{CheckpointException.Printable(kind)}'",
    };
}
