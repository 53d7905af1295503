using MergeHost.Checkpoints;
using MergeHost.Recipes;

namespace MergeHost.Planning;

/// <summary>Files are named after the type of their tensors (<c>model-Q8_0.gguf</c>), which the recipe alone decides.</summary>
internal static class NamedType
{
    /// <summary>What is wrong with the name of an output, or <see langword="null"/>.</summary>
    /// <param name="stage">The stage that makes it; where it asks for a type, the name is the user's affair.</param>
    /// <param name="format">Knows the types.</param>
    /// <param name="layout">The output's file name and tensors, as they are stored.</param>
    public static Problem? Check(RecipeStage stage, IWritableCheckpointFormat format, CheckpointLayout layout)
    {
        if (stage.OutputType is not null || layout.FileName is not { } file)
        {
            return null;
        }

        string type = Path.GetFileNameWithoutExtension(file).Split('-', '.')[^1];
        try
        {
            return format.ChooseTypes(layout.Tensors, type).SequenceEqual(layout.Tensors.Select(tensor => tensor.DType)) ? null : new Problem(
                ErrorCodes.CheckpointOddity,
                $"'{CheckpointException.Printable(file)}' is named after the type {type}, which nothing asks for: tensors are {string.Join(", ", layout.Tensors.Select(tensor => tensor.DType.Name).Distinct())}",
                $"Write `out_type: {type.ToLowerInvariant()}` in the recipe, or give `--type {type.ToLowerInvariant()}` to convert.",
                stage.Place,
                Severity: Severity.Warning);
        }
        catch (CheckpointException)
        {
            // No type, but some other word.
            return null;
        }
    }
}
