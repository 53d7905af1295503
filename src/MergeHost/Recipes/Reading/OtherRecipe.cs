using MergeHost.Storage.Text;

namespace MergeHost.Recipes.Reading;

/// <summary>Recognises files that other programs of mergekit read: one message in place of one for each of their fields.</summary>
internal static class OtherRecipe
{
    // A field that only the files of one program have, and the program.
    private static readonly (string Field, string Program, string Hint)[] _programs =
    [
        ("experts", "mergekit-moe",
            "Install a plugin with a builder of mixtures, such as 'moe'; `mergehost plugins list` shows what is there."),
        ("gate_mode", "mergekit-moe", "List the experts under `experts:`."),
        ("genome", "mergekit-evolve", "Describe a search over settings in a study, and run it by `mergehost sweep`."),
    ];

    /// <summary>Tells whose file a document is, if it is no recipe of this kind.</summary>
    /// <returns><see langword="null"/> if it names a method, or no program is known by its fields.</returns>
    public static Problem? Recognise(YamlMapping document)
    {
        if (document.Find("merge_method") is not null and not YamlScalar { Text: "moe" })
        {
            return null;
        }

        foreach ((YamlScalar key, _) in document.Entries)
        {
            if (_programs.FirstOrDefault(program => program.Field == key.Text) is (_, { } name, { } hint))
            {
                return new Problem(ErrorCodes.NotSupported,
                    $"this is a recipe for {name}, by its field '{key.Text}'; no installed plugin reads it", hint, key.Place);
            }
        }

        return null;
    }
}
