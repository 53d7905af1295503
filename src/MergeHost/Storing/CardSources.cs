using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Recipes;
using MergeHost.Reports;

namespace MergeHost.Storing;

/// <summary>A model or an adapter that a merge was made of, as the card of the output names it.</summary>
/// <param name="Name">As the recipe has it, without a revision; or for what lies on this machine, as it is.</param>
/// <param name="IsOfHub">Whether the name is that of a model of the hub.</param>
/// <param name="Card">Its own card; <see langword="null"/> if there is none that can be read.</param>
internal sealed record CardSource(string Name, bool IsOfHub, ModelCard? Card);

/// <summary>Finds what an output's card says of the models that it was made of.</summary>
internal static partial class CardSources
{
    /// <summary>The models and adapters of all stages, the base of each first, each once.</summary>
    public static IReadOnlyList<CardSource> Of(Recipe recipe, MergeManifest manifest, ModelResolver models)
    {
        HashSet<string> stages = [.. recipe.Stages.Select(stage => stage.Name).OfType<string>()];
        IEnumerable<ModelReference> named = recipe.Stages.SelectMany(stage => new[] { stage.BaseModel }.OfType<ModelReference>()
            .Concat(stage.Models));
        ModelReference[] all =
        [
            .. named, .. manifest.Stages.SelectMany(stage => stage.Inputs)
                .Select(input => new ModelReference(input.Name, new TextPlace(recipe.Path, 1, 1))),
        ];
        (string Name, bool IsLocal)[] parts =
            [.. all.Where(model => model.StageName(stages.Contains) is null).SelectMany(model => Parts(model, recipe.Path))
                .DistinctBy(part => Plain(part.Name))];

        // In the revisions that were merged: a branch may be another one by now.
        ILookup<string, string> origins = manifest.Stages.SelectMany(stage => stage.Inputs).SelectMany(input => input.Origins ?? [])
            .ToLookup(Plain);
        models.Stores.Pins = parts.Where(part => origins.Contains(Plain(part.Name)))
            .ToDictionary(part => part.Name, part => origins[Plain(part.Name)].First());
        return [.. parts.Select(part => Source(part, recipe.Path, models)).DistinctBy(source => source.Name)];
    }

    // A model, and the adapters that are added to it; their factors are no part of a name.
    private static IEnumerable<(string Name, bool IsLocal)> Parts(ModelReference model, string recipePath)
    {
        (string name, string[] adapters) = model.Split(part => IsLocal(part, recipePath));
        return adapters.Select(adapter => Factor().Replace(adapter, "")).Prepend(name).Select(part => (part, IsLocal(part, recipePath)));
    }

    private static bool IsLocal(string name, string recipePath) =>
        Path.Exists(name) || Path.Exists(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(recipePath))!, name));

    private static CardSource Source((string Name, bool IsLocal) part, string recipePath, ModelResolver models)
    {
        bool isOfHub = !part.IsLocal && OfHub().IsMatch(part.Name);
        return new CardSource(isOfHub ? Plain(part.Name) : part.Name, isOfHub, Card(part.Name, recipePath, models));
    }

    // What a card says is worth no failure of a merge that is done.
    private static ModelCard? Card(string name, string recipePath, ModelResolver models)
    {
        try
        {
            CheckpointFiles files = models.Find(new ModelReference(name, new TextPlace(recipePath, 1, 1)), recipePath).Files;
            return files.Has(ModelCard.FileName)
                ? ModelCard.Parse(files.PathOf(ModelCard.FileName),
                    Encoding.UTF8.GetString(files.ReadBytes(ModelCard.FileName, ModelCard.MostBytes)))
                : null;
        }
        catch (Exception exception) when (exception is MergeHostException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Plain(string name) => OfHub().Match(name) is { Success: true } found ? found.Groups[1].Value : name;

    [GeneratedRegex(@"^(?:hf:)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@[^/]+)?(?:/.*)?$")]
    private static partial Regex OfHub();

    [GeneratedRegex(@"\*[-+0-9.eE]+$")]
    private static partial Regex Factor();
}
