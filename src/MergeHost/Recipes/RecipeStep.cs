using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary>What is done to the merged tensors at the end, one step of <c>then:</c>.</summary>
/// <param name="Id">The strategy that does it to a single model.</param>
/// <param name="Parameters">Its parameters.</param>
internal sealed record RecipeStep(YamlScalar Id, ParameterSet Parameters);
