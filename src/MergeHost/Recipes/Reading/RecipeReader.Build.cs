using MergeHost.Plugins.Metadata;
using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <content>Builders, asked for by name or by a recipe of another program.</content>
internal sealed partial class RecipeReader
{
    // What a builder decides, or what is about the models of a merge.
    private static readonly string[] _notBuilt =
        ["models", "slices", "modules", "select", "tokenizer_source", "tokenizer", "missing", "integers", "task_vector_snr",
            "allow_unchanged"];

    /// <summary>Reads what stands for a model among a builder's options.</summary>
    public static ModelReference? ReadModel(YamlNode node, List<Problem> problems) => new RecipeReader(problems).ReadModel(node);

    private BuildRequest? ReadBuild(YamlMapping stage)
    {
        BuildRequest? build = stage.Find("build") switch
        {
            null => ReadOther(stage),
            YamlScalar name => new BuildRequest(name.Text, [], name.Place),
            YamlMapping { Entries: [(YamlScalar name, YamlScalar { IsNull: true })] } => new BuildRequest(name.Text, [], name.Place),
            YamlMapping { Entries: [(YamlScalar name, YamlMapping options)] } => new BuildRequest(name.Text, options.Entries, name.Place),
            { } node => Wrong<BuildRequest?>(node,
                "'build' must be a builder's name, or its name with a mapping of options, such as `{moe: {gate_mode: random}}`", null),
        };
        foreach ((YamlScalar key, _) in build is null ? [] : stage.Entries.Where(entry => _notBuilt.Contains(entry.Key.Text)))
        {
            Add(ErrorCodes.Conflict, key.Place, $"'{key.Text}' has no effect beside builder '{build!.Id}', which plans the output",
                $"Remove `{key.Text}:`.");
        }

        return build;
    }

    // Another program's fields stand where ours do; those that are none of ours are the builder's.
    private BuildRequest? ReadOther(YamlMapping stage)
    {
        string? method = (stage.Find("merge_method") as YamlScalar)?.Text;
        PluginExport? builder = _builders.FirstOrDefault(builder =>
            (method is null || method == builder.Id) && stage.Entries.Any(entry => builder.RecipeFields.Contains(entry.Key.Text)));
        return builder is null
            ? null
            : new BuildRequest(builder.Id, [.. stage.Entries.Where(entry => !_stageFields.Contains(entry.Key.Text))], stage.Place);
    }

    private static YamlMapping Without(YamlMapping stage, BuildRequest build) =>
        stage with { Entries = [.. stage.Entries.Except(build.Settings)] };
}
