using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary><c>select:</c> in a stage: which tensors the strategy merges, by scores of what training changed.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Scorers">The scorers; at least one.</param>
/// <param name="Options">What is said of their options, scorer by scorer.</param>
/// <param name="Settings">The other fields, each of which may differ from tensor to tensor: see <see cref="SelectionOptions"/>.</param>
internal sealed record RecipeSelection(
    TextPlace Place, IReadOnlyList<YamlScalar> Scorers,
    IReadOnlyDictionary<string, IReadOnlyList<(YamlScalar Name, YamlScalar Value)>> Options, ParameterSet Settings);
