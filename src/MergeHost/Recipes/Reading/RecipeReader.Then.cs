using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content><c>then:</c></content>
internal sealed partial class RecipeReader
{
    private IReadOnlyList<RecipeStep> ReadThen(YamlMapping stage) => stage.Find("then") switch
    {
        null => [],
        YamlScalar only => [new RecipeStep(only, ParameterSet.Empty)],
        { } node => [.. Items(node, "then").Select(ReadStep).OfType<RecipeStep>()],
    };

    private RecipeStep? ReadStep(YamlNode node)
    {
        switch (node)
        {
            case YamlScalar scalar:
                return new RecipeStep(scalar, ParameterSet.Empty);
            case YamlMapping { Entries: [(YamlScalar id, YamlScalar { IsNull: true })] }:
                return new RecipeStep(id, ParameterSet.Empty);
            case YamlMapping { Entries: [(YamlScalar id, YamlMapping parameters)] }:
                return new RecipeStep(id, ReadParameters(parameters.Entries));
            default:
                return Wrong<RecipeStep?>(node,
                    "an item of 'then' must be a name, or a name with its parameters, such as `{clip: {limit: 0.1}}`", null);
        }
    }
}
