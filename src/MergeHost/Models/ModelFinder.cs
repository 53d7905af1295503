using MergeHost.Checkpoints;
using MergeHost.Recipes;

namespace MergeHost.Models;

/// <summary>Finds the checkpoints that a reference names: its model, adapters, and what transforms ask for.</summary>
/// <param name="Reference">The reference.</param>
/// <param name="RecipeFolder">The folder of the recipe that it is in, or <see langword="null"/> for one of the command line.</param>
/// <param name="Stores">Where names that are no local paths are looked for.</param>
/// <param name="Warnings">Receives what is odd about a name.</param>
internal sealed record ModelFinder(ModelReference Reference, string? RecipeFolder, StoreSet Stores, List<Problem> Warnings)
{
    /// <summary>Where the reference is, or <see langword="null"/> if it is in no recipe.</summary>
    public TextPlace? Place => RecipeFolder is null ? null : Reference.Place;

    private string[] Folders => RecipeFolder is null ? [""] : ["", RecipeFolder];

    /// <summary>Whether a name leads to a file or folder of this machine.</summary>
    public bool IsLocal(string name) => Local(name) is not null;

    /// <summary>Finds a checkpoint; a path starts at the current folder, and then at the recipe's, and what
    /// is no path is looked for in stores.</summary>
    /// <exception cref="MergeHostException">It is not there, or a store cannot be reached.</exception>
    public FoundFiles Find(string name) =>
        Local(name) ?? WithoutRevision(name) ?? (IsBesideOthers(name) ? null : Remote(name))
            ?? throw (RecipeFolder is null ? NotFound(name) : NotFound(name, RecipeFolder));

    private FoundFiles? Local(string name) =>
        StoreSet.Local(name) ?? (RecipeFolder is null ? null : StoreSet.Local(Path.Combine(RecipeFolder, name)));

    // Who is told that a hub cannot be reached may have meant a folder.
    private FoundFiles? Remote(string name)
    {
        try
        {
            return Stores.Remote(name);
        }
        catch (MergeHostException exception) when (Suggestion.OfPath(name, Folders, isFile: false) is { } hint)
        {
            throw new MergeHostException([exception.Problems[0] with { Hint = $"{hint} {exception.Problems[0].Hint}".TrimEnd() },
                .. exception.Problems.Skip(1)]);
        }
    }

    // What lies on this machine has one revision.
    private FoundFiles? WithoutRevision(string name)
    {
        if (name.LastIndexOf('@') is not (> 0 and var at) || Local(name[..at]) is not { } found)
        {
            return null;
        }

        Warnings.Add(new Problem(ErrorCodes.ModelNotFound,
            $"'{name[..at]}' lies on this machine, so that revision '{name[(at + 1)..]}' has no effect",
            $"Write `{name[..at]}`, or `hf:{name}` for the model of the hub.", Place, Severity.Warning));
        return found;
    }

    /// <summary>An error in the reference.</summary>
    public MergeHostException Wrong(ErrorCode code, string message, string? hint) => new([new Problem(code, message, hint, Place)]);

    // A name in a folder that is there is a path: what is missing there is a mistake, and no business of anyone far away.
    private bool IsBesideOthers(string name) => Path.GetDirectoryName(name) is { Length: > 0 } parent
        && (Directory.Exists(parent) || (RecipeFolder is not null && Directory.Exists(Path.Combine(RecipeFolder, parent))));

    private static CheckpointException NotFound(string path) => new(
        new Problem(ErrorCodes.CheckpointUnreadable, $"{path}: there is no such file or folder",
            Suggestion.OfPath(path, [""], isFile: false)));

    private MergeHostException NotFound(string name, string folder)
    {
        if (name.StartsWith('~') || name.Contains('$', StringComparison.Ordinal))
        {
            return Wrong(ErrorCodes.ModelNotFound, $"there is no file or folder '{name}'",
                "Write the path out: '~' and '$' are not expanded in recipes.");
        }

        return Wrong(ErrorCodes.ModelNotFound, $"there is no file or folder '{name}'", Suggestion.OfPath(name, Folders, isFile: false)
            ?? "Paths start at the current folder, and then at the recipe's, "
                + $"'{folder}'."
                + $"{(IsBesideOthers(name) ? $" A model of the hub is `hf:{name}`, where the folder '{Path.GetDirectoryName(name)}' is "
                    + "here." : "")}");
    }
}
