using System.Globalization;
using MergeHost.Evaluation.Settings;
using MergeHost.Storage.Text;

namespace MergeHost.Evaluation.Studies;

/// <summary>A recipe whose method is to be found by measuring, <c>merge_method: auto</c>, as a study of the
/// methods that there is evidence for.</summary>
/// <remarks>
/// It names a base, two models at least, the suite by <c>evaluate:</c>, and under <c>parameters:</c> a <c>budget</c>: how many merges may
/// be measured, 16 by default. Methods that exceed it are left out. All other fields are those of the recipe that is found.
/// </remarks>
internal static class AutoRecipe
{
    private const int UsualBudget = 16;
    private const int MostBudget = 1000;

    // Base is B.
    private const string Letters = "ACDEFGHIJKLMNOPQRSTUVWXYZ";

    private static readonly string[] _own = ["merge_method", "base_model", "models", "evaluate", "parameters"];
    private static readonly string[] _cannot = ["slices", "modules", "window", "build", "name"];

    /// <summary>Whether a mapping is such a recipe.</summary>
    public static bool Is(YamlMapping recipe) => recipe.Find("merge_method") is YamlScalar { Text: "auto" };

    /// <summary>The study.</summary>
    /// <returns><see langword="null"/> if something is wrong.</returns>
    public static Study? Read(string path, YamlMapping recipe, List<Problem> problems)
    {
        int before = problems.Count;
        foreach ((YamlScalar key, _) in recipe.Entries.Where(entry => _cannot.Contains(entry.Key.Text)))
        {
            problems.Add(new Problem(ErrorCodes.Conflict, $"a recipe with `merge_method: auto` has no '{key.Text}'",
                "It names models, and the recipe that is found merges them whole.", key.Place));
        }

        YamlScalar? @base = Text(recipe, "base_model", "Name the model that the others were trained on from.", problems);
        YamlScalar? suite = Text(recipe, "evaluate", "Name the suite to choose by.", problems);
        List<StudyExpert> experts = Experts(recipe, problems);
        int budget = Budget(recipe, problems);
        if (problems.Count > before || @base is null || suite is null)
        {
            return null;
        }

        List<StudyMethod> tried = [];
        List<string> left = [];
        foreach (StudyMethod method in Methods(recipe, problems))
        {
            int cost = tried.Sum(Cost) + Cost(method);
            if (cost <= budget)
            {
                tried.Add(method);
            }
            else
            {
                left.Add(method.Name);
            }
        }

        string letters = string.Concat(experts.Select(expert => expert.Letter));
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new Study(
            path, Path.GetFileNameWithoutExtension(path), Path.Combine(folder, suite.Text), @base, experts, tried,
            [new StudyStage("auto", [letters], TriesAll: true, Methods: null)], Control: null)
        {
            Auto = new AutoChoiceRule(budget, left),
        };
    }

    // A tuned number takes seven looks, and 1/N beside them.
    private static int Cost(StudyMethod method) => method.Tuned is null ? method.Settings.Count : 8;

    private static List<StudyMethod> Methods(YamlMapping recipe, List<Problem> problems)
    {
        using StreamReader reader = new(typeof(AutoRecipe).Assembly.GetManifestResourceStream("auto.yaml")!);
        YamlMapping methods = (YamlMapping)YamlLoader.Load("auto.yaml", reader.ReadToEnd(), problems)[0];
        (YamlScalar Key, YamlNode Value)[] others = [.. recipe.Entries.Where(entry => !_own.Contains(entry.Key.Text))];
        return methods.Entries.Select(entry => SettingGrid.Method(entry.Key.Text,
            (YamlMapping)entry.Value with { Entries = [.. ((YamlMapping)entry.Value).Entries, .. others] }, problems)).ToList();
    }

    private static List<StudyExpert> Experts(YamlMapping recipe, List<Problem> problems)
    {
        YamlNode[] models = recipe.Find("models") is YamlSequence sequence ? [.. sequence.Items] : [];
        if (models.Length < 2 || models.Length > Letters.Length)
        {
            problems.Add(new Problem(ErrorCodes.Missing,
                $"`merge_method: auto` needs 2 to {Letters.Length} models under 'models', found {models.Length}",
                "Write `models: [{model: A}, {model: C}]`.", recipe.Place));
        }

        List<StudyExpert> experts = [];
        foreach (YamlNode item in models.Take(Letters.Length))
        {
            if (item is YamlMapping { Entries: [{ Key.Text: "model", Value: YamlScalar { IsNull: false } model }] })
            {
                string initial = Path.GetFileName(model.Text.TrimEnd('/')).ToUpperInvariant();
                char letter = initial.Concat(Letters)
                    .First(candidate => Letters.Contains(candidate) && experts.TrueForAll(expert => expert.Letter != candidate));
                experts.Add(new StudyExpert(letter, model, null));
            }
            else
            {
                problems.Add(new Problem(ErrorCodes.WrongType, "a model of `merge_method: auto` is a name alone",
                    "Write `- model: NAME`; weights are found.", item.Place));
            }
        }

        return experts;
    }

    private static int Budget(YamlMapping recipe, List<Problem> problems)
    {
        if (recipe.Find("parameters") is not { } parameters)
        {
            return UsualBudget;
        }

        if (parameters is YamlMapping { Entries: [{ Key.Text: "budget", Value: YamlScalar text }] }
            && int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int budget) && budget is >= 1 and <= MostBudget)
        {
            return budget;
        }

        problems.Add(new Problem(ErrorCodes.ValueOutOfRange,
            $"'parameters' of `merge_method: auto` hold a budget from 1 to {MostBudget:N0} and no more",
            "Write `parameters: {budget: 16}`, or leave it out.", parameters.Place));
        return UsualBudget;
    }

    private static YamlScalar? Text(YamlMapping recipe, string field, string hint, List<Problem> problems)
    {
        if (recipe.Find(field) is YamlScalar { IsNull: false } text)
        {
            return text;
        }

        problems.Add(new Problem(ErrorCodes.Missing, $"`merge_method: auto` needs '{field}'", hint, recipe.Place));
        return null;
    }
}
