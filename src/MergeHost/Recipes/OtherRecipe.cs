using MergeHost.Storage.Text;

namespace MergeHost.Recipes;

/// <summary>Recognises files that other programs of mergekit read: one message in place of one for each of their fields.</summary>
internal static class OtherRecipe
{
    // A field that only the files of one program have, and the program.
    private static readonly (string Field, string Program, string Hint)[] _programs =
    [
        ("experts", "mergekit-moe", "Mixtures of experts cannot be made yet; make the mixture with mergekit-moe, and merge it here."),
        ("gate_mode", "mergekit-moe", "Mixtures of experts cannot be made yet; make the mixture with mergekit-moe, and merge it here."),
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
                return new Problem(ErrorCodes.NotSupported, $"this is a recipe for {name}, by its field '{key.Text}'; that is not supported yet", hint, key.Place);
            }
        }

        return null;
    }
}
