using System.Globalization;
using MergeHost.Models;
using MergeHost.Recipes;
using MergeHost.Storage.Text;

namespace MergeHost.Planning.Windows;

/// <summary>Finds the checkpoints of windows, so that a stage with a window becomes one that lists its models with their weights.</summary>
/// <param name="recipe">The recipe; paths start at the current folder, and then at the recipe's.</param>
/// <param name="stores">Where names that are no local paths are looked for.</param>
/// <param name="problems">Receives what is wrong.</param>
internal sealed class WindowFinder(Recipe recipe, StoreSet stores, List<Problem> problems)
{
    private const int MostTold = 5;

    /// <summary>The recipe with the models of its windows; a window with an error has none.</summary>
    public Recipe Expand() => recipe.Stages.Any(stage => stage.Slices.Any(slice => slice.Window is not null))
        ? recipe with { Stages = [.. recipe.Stages.Select(Expand)] }
        : recipe;

    private RecipeStage Expand(RecipeStage stage)
    {
        if (stage.Slices is not [{ Window: { } window } slice])
        {
            return stage;
        }

        try
        {
            IReadOnlyList<WindowModel> models = Find(window);
            return stage with
            {
                Window = models,
                Slices = [slice with { Sources = [.. models.Select(model => SourceOf(model, window))] }],
            };
        }
        catch (MergeHostException exception)
        {
            problems.AddRange(exception.Problems.Select(problem => problem with { Place = problem.Place ?? window.From.Place }));
            return stage with { Slices = [] };
        }
    }

    private static RecipeSource SourceOf(WindowModel model, RecipeWindow window)
    {
        YamlScalar weight = new(model.Weight.ToString("R", CultureInfo.InvariantCulture), IsPlain: true, window.SchedulePlace);
        return new RecipeSource(new ModelReference(model.Name, window.From.Place), null,
            new ParameterSet(new Dictionary<string, ParameterSetting>
            {
                ["weight"] = new(window.SchedulePlace, new ScalarSetting(weight))
            }));
    }

    private WindowModel[] Find(RecipeWindow window)
    {
        StepPattern pattern = new(window.From.Text);
        IReadOnlyList<string> names = Candidates(pattern);
        List<(string Name, long Step)> found =
            [.. names.Select(name => (Name: name, Step: pattern.StepOf(name))).Where(pair => pair.Step is not null)
                .Select(pair => (pair.Name, pair.Step!.Value)).OrderBy(pair => pair.Item2)];
        if (found.Zip(found.Skip(1)).FirstOrDefault(pair => pair.First.Step == pair.Second.Step) is { First.Name: not null } twice)
        {
            throw Wrong(window, $"'{twice.First.Name}' and '{twice.Second.Name}' are both step {twice.First.Step}",
                "Write the pattern so that only one of them fits.");
        }

        List<(string Name, long Step)> taken = [.. found.Where(pair => window.Steps is not { } steps
            || (pair.Step >= steps.First && pair.Step <= steps.Last))];
        taken = Spaced(window, taken);
        if (window.Last is { } last)
        {
            Need(window, last, taken.Count, found, names);
            taken = taken[^last..];
        }

        Need(window, 2, taken.Count, found, names);
        return Weighted(window, taken);
    }

    private WindowModel[] Weighted(RecipeWindow window, List<(string Name, long Step)> taken)
    {
        IReadOnlyList<double> weights = window.Schedule.Weights(taken.Count);
        if (weights.Count != taken.Count)
        {
            throw new MergeHostException([new Problem(ErrorCodes.SourceCount,
                $"the window holds {taken.Count} checkpoints, steps {Told(taken)}, and {weights.Count} weights are listed",
                "List one weight for each, oldest first, or set `last:`.", window.SchedulePlace)]);
        }

        long[] gaps = [.. taken.Zip(taken.Skip(1), (earlier, later) => later.Step - earlier.Step)];
        if (window.Schedule.NeedsEvenSteps && gaps.Distinct().Count() > 1)
        {
            problems.Add(new Problem(ErrorCodes.SourceCount,
                $"schedule '{window.Schedule.Name}' supposes evenly spaced checkpoints; these are {gaps.Min()} to {gaps.Max()} steps "
                    + $"apart: {Told(taken)}",
                "Set `every:` to the spacing that is meant, or `steps:` to leave out what does not fit.", window.SchedulePlace,
                Severity.Warning));
        }

        return [.. taken.Zip(weights, (pair, weight) => new WindowModel(pair.Name, pair.Step, weight))];
    }

    // Counted back from the latest, which matters most; a step that is missing between two that are there is no small matter.
    private static List<(string Name, long Step)> Spaced(RecipeWindow window, List<(string Name, long Step)> found)
    {
        if (window.Every is not { } every || found.Count == 0)
        {
            return found;
        }

        long latest = found[^1].Step;
        List<(string Name, long Step)> spaced = [.. found.Where(pair => (latest - pair.Step) % every == 0)];
        if (window.Last is { } last && spaced.Count > last)
        {
            spaced = spaced[^last..];
        }

        (long Step, long Next)? gap = spaced.Zip(spaced.Skip(1), (earlier, later) => ((long, long)?)(earlier.Step, later.Step))
            .FirstOrDefault(pair => pair!.Value.Item2 - pair.Value.Item1 != every);
        return gap is null
            ? spaced
            : throw Wrong(window,
                $"step {gap.Value.Step + every} is missing: every {every} steps a checkpoint is wanted, and after "
                    + $"step {gap.Value.Step} comes {gap.Value.Next}",
                $"Set `steps: {gap.Value.Next}..{latest}`, or leave `every:` out.");
    }

    private static void Need(RecipeWindow window, int needed, int count, List<(string Name, long Step)> found, IReadOnlyList<string> names)
    {
        if (count >= needed)
        {
            return;
        }

        if (found.Count > 0)
        {
            throw Wrong(window,
                $"the window holds {count} checkpoints, at least {needed} are wanted; '{window.From.Text}' fits steps {Told(found)}",
                "Look at `last:`, `steps:` and `every:`.");
        }

        string others = names.Count == 0
            ? "nothing is there"
            : "what is there "
                + $"is {string.Join(", ", names.Take(MostTold).Select(name => $"'{name}'"))}{(names.Count > MostTold ? ", …" : "")}";
        throw new MergeHostException([new Problem(ErrorCodes.ModelNotFound, $"no checkpoint fits '{window.From.Text}': {others}",
            "A '*' stands for digits, and only for them. Paths start at the current folder, and then at the recipe's.",
            window.From.Place)]);
    }

    private static string Told(List<(string Name, long Step)> found) => found.Count <= MostTold
        ? string.Join(", ", found.Select(pair => pair.Step))
        : string.Create(CultureInfo.InvariantCulture, $"{found[0].Step}, {found[1].Step}, … {found[^1].Step} ({found.Count})");

    private static MergeHostException Wrong(RecipeWindow window, string message, string hint) =>
        new([new Problem(ErrorCodes.SourceCount, message, hint, window.From.Place)]);

    private IReadOnlyList<string> Candidates(StepPattern pattern)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(recipe.Path))!;
        IReadOnlyList<string> here = pattern.Local(null);
        if (!here.Any(name => pattern.StepOf(name) is not null))
        {
            here = [.. here, .. pattern.Local(folder)];
        }

        return here.Any(name => pattern.StepOf(name) is not null) ? here : [.. here, .. stores.List(pattern.Text)];
    }
}
