using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary><c>output: {names: fused}</c>, or a base with such names: experts are merged one by one, and a second stage
/// stores those of a layer in one tensor.</summary>
internal static class FusedExperts
{
    /// <summary>The word for experts that share a tensor.</summary>
    public const string Fused = "fused";

    /// <summary>The transform between both sets of names, which reads fused experts one by one.</summary>
    public const string Transform = "experts";

    private const string Suffix = ".separate";

    /// <summary>The stage as one that merges and one that fuses.</summary>
    public static IEnumerable<RecipeStage> Split(RecipeStage stage, YamlScalar names)
    {
        string name = (stage.Name ?? "experts") + Suffix;
        TransformReference fuse = new(Transform, [(new YamlScalar("names", true, names.Place), names)], names.Place);
        ModelReference merged = new ModelReference(name, names.Place).With([fuse]);
        yield return stage with
        {
            Name = name,
            OutputFormat = null,
            OutputOptions = [],
            OutputPacking = null,
            OutputNames = names,
            Evaluate = null
        };
        yield return new RecipeStage
        {
            Place = names.Place,
            Name = stage.Name,
            MergeMethod = new YamlScalar("passthrough", true, names.Place),
            Slices = [new RecipeSlice(names.Place, [new RecipeSource(merged, null, ParameterSet.Empty)], null, ParameterSet.Empty)],
            OutputFormat = stage.OutputFormat,
            OutputOptions = stage.OutputOptions,
            OutputPacking = stage.OutputPacking,
            OutputNames = names,
            Evaluate = stage.Evaluate,
        };
    }
}
