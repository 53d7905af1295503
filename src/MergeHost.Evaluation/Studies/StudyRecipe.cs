using System.Globalization;
using MergeHost.Evaluation.Settings;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Studies;

/// <summary>The recipes of a study's merges.</summary>
internal static class StudyRecipe
{
    /// <summary>The recipe of a merge, each value with its place in the study.</summary>
    /// <param name="study">The study.</param>
    /// <param name="letters">The letters of the experts that are merged.</param>
    /// <param name="setting">How.</param>
    public static YamlMapping Of(Study study, string letters, StudySetting setting) => setting.Recipe with
    {
        Entries =
        [
            .. setting.Recipe.Entries.Where(entry => entry.Key.Text != "models"),
            (Key("base_model", setting), study.Base),
            (Key("models", setting), new YamlSequence([.. letters.Select(letter => Source(study, letter, setting))], setting.Recipe.Place)),
        ],
    };

    /// <summary>The same, with the whole paths of models that are files here, so that it can be kept anywhere.</summary>
    public static YamlMapping Anchored(Study study, string letters, StudySetting setting) => Of(
        study with
        {
            Base = Anchored(study, study.Base),
            Experts = [.. study.Experts.Select(expert => expert with { Model = Anchored(study, expert.Model) })]
        }, letters, setting);

    /// <summary>
    /// How an expert alone is added at the strength at which a merge adds each of its experts: by the same method with the same λ, or where
    /// the merge adds the mean of what experts learned, with one so much smaller.
    /// </summary>
    /// <param name="setting">How the merge is made.</param>
    /// <param name="experts">How many experts it has.</param>
    /// <returns><see langword="null"/> if the recipe names no strength.</returns>
    public static StudySetting? Alone(StudySetting setting, int experts)
    {
        if (setting.Recipe.Find("parameters") is not YamlMapping parameters)
        {
            return null;
        }

        YamlScalar? lambda = parameters.Find("lambda") as YamlScalar;
        bool isMean = parameters.Find("normalize") is YamlScalar { Text: "true" };
        if (!isMean || !double.TryParse(lambda?.Text ?? "1", CultureInfo.InvariantCulture, out double strength))
        {
            return lambda is null ? null : setting;
        }

        YamlScalar smaller = new((strength / experts).ToString(CultureInfo.InvariantCulture), IsPlain: true, parameters.Place);
        YamlMapping scaled = parameters with
        {
            Entries = [.. parameters.Entries.Where(entry => entry.Key.Text != "lambda"), (Key("lambda", setting), smaller)]
        };
        return setting with
        {
            Values = new Dictionary<string, string> { ["lambda"] = smaller.Text },
            Recipe = setting.Recipe with
            {
                Entries = [.. setting.Recipe.Entries.Where(entry => entry.Key.Text != "parameters"), (Key("parameters", setting), scaled)]
            },
        };
    }

    /// <summary>What a recipe has in common with those that differ from it by λ alone.</summary>
    public static YamlMapping WithoutLambda(YamlMapping recipe) => recipe with
    {
        Entries =
        [
            .. recipe.Entries.Select(entry => entry is { Key.Text: "parameters", Value: YamlMapping parameters }
                ? (entry.Key, parameters with { Entries = [.. parameters.Entries.Where(parameter => parameter.Key.Text != "lambda")] })
                    : entry),
        ],
    };

    /// <summary>The letter that an item of a method's <c>models:</c> names, or <see langword="null"/> if it names none.</summary>
    public static char? Letter(YamlNode item) =>
        item is YamlMapping mapping && mapping.Find("model") is YamlScalar { Text: [char letter] } ? letter : null;

    // What the method says of the expert, with the expert's path.
    private static YamlMapping Source(Study study, char letter, StudySetting setting)
    {
        YamlScalar model = study.Experts.First(expert => expert.Letter == letter).Model;
        YamlMapping? said = (setting.Recipe.Find("models") as YamlSequence)?.Items
            .FirstOrDefault(item => Letter(item) == letter) as YamlMapping;
        IEnumerable<(YamlScalar Key, YamlNode Value)> others = said?.Entries.Where(entry => entry.Key.Text != "model") ?? [];
        return new YamlMapping([(Key("model", setting), model), .. others], said?.Place ?? model.Place);
    }

    // Adapters are models of their own.
    private static YamlScalar Anchored(Study study, YamlScalar model)
    {
        string[] folders = [Environment.CurrentDirectory, Path.GetDirectoryName(Path.GetFullPath(study.Path))!];
        return model with
        {
            Text = string.Join('+',
                model.Text.Split('+')
                    .Select(name => folders.Select(folder => Path.GetFullPath(Path.Combine(folder, name))).FirstOrDefault(Path.Exists)
                        ?? name)),
        };
    }

    private static YamlScalar Key(string name, StudySetting setting) => new(name, IsPlain: true, setting.Recipe.Place);
}
