namespace MergeHost.Recipes.Reading;

/// <summary>Puts the stages of a recipe in an order in which each comes after those whose results it reads.</summary>
internal static class StageOrder
{
    /// <summary>Sorts the stages; the last one makes the output.</summary>
    /// <remarks>The output is the stage without a name, or, if all have one, the only one that no other reads.</remarks>
    public static IReadOnlyList<RecipeStage> Sort(IReadOnlyList<RecipeStage> stages, List<Problem> problems)
    {
        List<RecipeStage> sorted = [];
        Dictionary<string, RecipeStage> named = [];
        foreach (RecipeStage stage in stages)
        {
            if (stage.Name is not null && !named.TryAdd(stage.Name, stage))
            {
                Add(problems, stage, $"two stages are named '{stage.Name}'", "Give each stage a name of its own.");
            }
        }

        foreach (RecipeStage stage in stages)
        {
            Visit(stage, named, sorted, [], problems);
        }

        List<RecipeStage> results = [.. stages.Where(stage => stage.Name is null)];
        if (results.Count == 0)
        {
            HashSet<string> read = [.. stages.SelectMany(stage => stage.StagesRead(named.ContainsKey))];
            results = [.. stages.Where(stage => !read.Contains(stage.Name!))];
        }

        if (results.Count > 1)
        {
            string which = results[1].Name is null
                ? "two stages have no name"
                : $"no stage reads '{results[0].Name}' nor '{results[1].Name}'";
            Add(problems, results[1], $"{which}, so which one makes the output cannot be told", "Leave just one stage without a name.");
        }

        return results.Count == 0 ? sorted : [.. sorted.Where(stage => stage != results[0]), results[0]];
    }

    private static void Visit(
        RecipeStage stage, Dictionary<string, RecipeStage> named, List<RecipeStage> sorted, List<RecipeStage> path, List<Problem> problems)
    {
        if (sorted.Contains(stage))
        {
            return;
        }

        if (path.Contains(stage))
        {
            Add(problems, stage,
                $"stage '{stage.Name}' reads its own result, by way of {string.Join(" → ", path.Select(other => $"'{other.Name}'"))}",
                "Break the circle.");
            return;
        }

        foreach (string read in stage.StagesRead(named.ContainsKey))
        {
            Visit(named[read], named, sorted, [.. path, stage], problems);
        }

        if (!sorted.Contains(stage))
        {
            sorted.Add(stage);
        }
    }

    private static void Add(List<Problem> problems, RecipeStage stage, string message, string hint) =>
        problems.Add(new Problem(ErrorCodes.StageGraph, message, hint, stage.Place));
}
