using MergeHost.Reports;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Scoring;

/// <summary>Recipes with <c>select:</c> over the quick start's models.</summary>
public sealed class SelectionTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Theory]
    [InlineData("fraction: 0.25", 1)]
    [InlineData("fraction: 0.3", 2)]
    [InlineData("fraction: 1", 4)]
    [InlineData("fraction: 0", 0)]
    [InlineData("top: 3", 3)]
    [InlineData("top: 9", 4)]
    [InlineData("policy: conservative", 2)]
    [InlineData("policy: balanced", 2)]
    [InlineData("policy: aggressive", 1)]
    [InlineData("policy: aggressive, fraction: 0.75", 3)]
    public void Plan_ChoosesAsManyOfEachModuleType(string amount, int expected)
    {
        IReadOnlyList<ChoiceSummary> tensors = Choices($"scorer: spear, {amount}");
        Assert.All(
            tensors.Where(tensor => tensor.Score is not null).GroupBy(tensor => tensor.Module),
            module => Assert.Equal(expected, module.Count(tensor => tensor.IsChosen)));
        Assert.All(tensors.Where(tensor => tensor.Score is null), tensor => Assert.Equal("adapted", tensor.Action));
    }

    [Fact]
    public void Plan_ByTheHighestAndByTheLowest_ChoosesOneHalfAndTheOther()
    {
        IEnumerable<string> highest = Chosen("scorer: snr, fraction: 0.5");
        IEnumerable<string> lowest = Chosen("scorer: snr, fraction: 0.5, restore: lowest");
        Assert.Equal(28, highest.Concat(lowest).Distinct().Count());
        Assert.Equal(lowest, Chosen("scorer: [snr, snr], fraction: 0.5, restore: lowest"));
    }

    [Fact]
    public void Plan_ByAThreshold_ChoosesWhatReachesIt()
    {
        IReadOnlyList<ChoiceSummary> tensors = Choices("scorer: relative_change, threshold: 0.25");
        Assert.Equal(tensors.Select(tensor => tensor.Score >= 0.25), tensors.Select(tensor => tensor.IsChosen));
        tensors = Choices("scorer: relative_change, threshold: 0.25, restore: lowest");
        Assert.Equal(tensors.Select(tensor => tensor.Score <= 0.25), tensors.Select(tensor => tensor.IsChosen));
    }

    [Fact]
    public void Plan_WithConditions_ChoosesByModuleType()
    {
        IReadOnlyList<ChoiceSummary> tensors =
            Choices("scorer: snr, top: [{filter: q_proj, value: 3}, {filter: mlp, value: 1}], action: [{filter: q_proj, value: freeze}], "
                + "others: [{filter: norm, value: base}]");
        Assert.Equal(3, tensors.Count(tensor => tensor is { Module: "self_attn.q_proj", Action: "freeze" }));
        Assert.Equal(3, tensors.Count(tensor => tensor.Action == "restore"));
        Assert.DoesNotContain(tensors, tensor => tensor.Module == "self_attn.k_proj" && tensor.IsChosen);
        Assert.All(tensors.Where(tensor => tensor.Name.Contains("norm", StringComparison.Ordinal)),
            tensor => Assert.Equal("base", tensor.Action));
    }

    // The mean relative change of a layer's matrices; the norms of a layer go with it.
    [Fact]
    public void Plan_OfLayers_ChoosesWholeLayersByTheMean()
    {
        IReadOnlyList<ChoiceSummary> tensors = Choices("scorer: relative_change, unit: layer, top: 1");
        int? expected = tensors.Where(tensor => tensor.Score is not null).GroupBy(tensor => tensor.Layer)
            .MaxBy(layer => layer.Average(tensor => tensor.Score))!.Key;
        Assert.Equal(tensors.Select(tensor => tensor.Layer == expected), tensors.Select(tensor => tensor.IsChosen));
        Assert.Contains(tensors, tensor => tensor.IsChosen && tensor.Score is null);

        Assert.Equal(2,
            Choices("scorer: snr, unit: layer, fraction: 0.5").Where(tensor => tensor.IsChosen).Select(tensor => tensor.Layer).Distinct()
                .Count());
    }

    [Fact]
    public void Plan_BySeveralScorers_ChoosesByTheMeanOfTheirRanks()
    {
        IReadOnlyList<ChoiceSummary> tensors = Choices("scorer: [relative_change, snr], options: {snr: {on: base}}, top: 1");
        Assert.All(tensors.Where(tensor => tensor.Score is not null), tensor => Assert.InRange(tensor.Score!.Value, 0, 1));
        Assert.All(
            tensors.Where(tensor => tensor.Score is not null).GroupBy(tensor => tensor.Module),
            module => Assert.Equal(module.Max(tensor => tensor.Score), module.Single(tensor => tensor.IsChosen).Score));
    }

    [Fact]
    public void Merge_TakesWhatIsFrozenAndWhatIsNotChosenAsItIs()
    {
        string recipe = Recipe("scorer: spear, fraction: 0.5, action: freeze") + "parameters: {t: 0.5}\n";
        MergeManifest manifest = _bed.Merge(recipe, "out");
        HashSet<string> chosen = [.. manifest.Stages[0].Selection!.Chosen.Select(choice => choice.Name)];
        Assert.Equal(14, chosen.Count);
        foreach (ManifestTensor tensor in manifest.Tensors)
        {
            string expected = MergeBed.Models + (chosen.Contains(tensor.Name) ? "base" : "finance");
            Assert.Equal(MergeBed.Read(expected, tensor.Name).Values, MergeBed.Read(_bed["out"], tensor.Name).Values);
        }

        Assert.Contains(manifest.Plugins, plugin => plugin.Id == "spear");
    }

    [Fact]
    public void Merge_MergesWhatIsChosenAsWithoutASelection()
    {
        MergeManifest all = _bed.Merge(Recipe("scorer: spear, fraction: 1") + "parameters: {t: 0.3}\n", "all");
        MergeManifest plain = _bed.Merge(Recipe(null) + "parameters: {t: 0.3}\n", "plain");
        Assert.Equal(
            MergeBed.Digests(plain).Where(line => line.Contains("_proj.", StringComparison.Ordinal)),
            MergeBed.Digests(all).Where(line => line.Contains("_proj.", StringComparison.Ordinal)));
    }

    // A policy's t is the last to be looked at: what the recipe says goes before it.
    [Fact]
    public void Merge_ByAPolicy_HasItsPositionUnlessTheRecipeSaysAnother()
    {
        const string select = "scorer: relative_change, policy: conservative";
        MergeManifest byPolicy = _bed.Merge(Recipe(select), "policy");
        Assert.Equal(MergeBed.Digests(_bed.Merge(Recipe(select) + "parameters: {t: 0}\n", "zero")), MergeBed.Digests(byPolicy));
        Assert.NotEqual(MergeBed.Digests(_bed.Merge(Recipe(select) + "parameters: {t: 0.5}\n", "half")), MergeBed.Digests(byPolicy));
    }

    // linear has no base of its own: the base is one of its models, and not the one that is scored.
    [Theory]
    [InlineData("linear", "models: [{model: BASE, parameters: {weight: 1}}, {model: FINANCE, parameters: {weight: 1}}]")]
    [InlineData("task_arithmetic", "models: [{model: FINANCE, parameters: {weight: 0.5}}]")]
    public void Merge_ByAnyStrategy_ChangesOnlyWhatIsChosen(string method, string models)
    {
        string sources = models.Replace("BASE", $"{MergeBed.Models}base", StringComparison.Ordinal)
            .Replace("FINANCE", $"{MergeBed.Models}finance", StringComparison.Ordinal);
        MergeManifest manifest = _bed.Merge(
            $"merge_method: {method}\nbase_model: {MergeBed.Models}base\n{sources}\nselect: {{scorer: random, top: 1, others: base}}\n",
            "out");
        HashSet<string> chosen = [.. manifest.Stages[0].Selection!.Chosen.Select(choice => choice.Name)];
        Assert.Equal(7, chosen.Count);
        Assert.All(manifest.Tensors, tensor => Assert.Equal(
            chosen.Contains(tensor.Name),
            !MergeBed.Read($"{MergeBed.Models}base", tensor.Name).Values.SequenceEqual(MergeBed.Read(_bed["out"], tensor.Name).Values)));
    }

    [Fact]
    public void Merge_OfAnEarlierStage_ScoresItOnceItIsThere()
    {
        string recipe = $$"""
            name: experts
            merge_method: task_arithmetic
            base_model: {{MergeBed.Models}}base
            models: [{model: {{MergeBed.Models}}math}, {model: {{MergeBed.Models}}finance}]
            parameters: {weight: 0.5}
            ---
            merge_method: slerp
            base_model: {{MergeBed.Models}}base
            models: [{model: experts}]
            select: {scorer: spear, policy: balanced}
            """;
        File.WriteAllText(_bed["recipe.yaml"], recipe);
        Assert.Null(_bed.Engine.Plan(_bed["recipe.yaml"], new MergeOptions()).Stages[1].Selection!.Tensors);
        Assert.Equal(14, _bed.Merge(recipe, "out").Stages[1].Selection!.Chosen.Count);
    }

    [Theory]
    [InlineData("MH1006", "'base_model' is missing, by which `select:` scores what changed", "")]
    [InlineData("MH1013", "`select:` scores one model against its base, and there are 2", "base_model: BASE\n")]
    public void Plan_OfASelectionThatCannotBe_SaysWhy(string code, string message, string @base)
    {
        File.WriteAllText(_bed["recipe.yaml"], $$"""
            merge_method: linear
            models: [{model: {{MergeBed.Models}}math}, {model: {{MergeBed.Models}}finance}]
            parameters: {weight: 1}
            select: {scorer: spear, top: 1}
            {{@base.Replace("BASE", $"{MergeBed.Models}base", StringComparison.Ordinal)}}
            """);
        Problem problem = Assert.ThrowsAny<MergeHostException>(() => _bed.Engine.Plan(_bed["recipe.yaml"], new MergeOptions()))
            .Problems.Single(problem => problem.Severity == Severity.Error);
        Assert.Equal((code, message, 4), (problem.Code.Id, problem.Message, problem.Place!.Line));
    }

    [Fact]
    public void Plan_WithAWrongOptionOfAScorer_SaysWhere()
    {
        File.WriteAllText(_bed["recipe.yaml"],
            Recipe("scorer: spear, options: {w: 2, treshold: spectrum}, top: 1") + "parameters: {t: 0.5}\n");
        IReadOnlyList<Problem> problems = Assert.ThrowsAny<MergeHostException>(() => _bed.Engine.Plan(_bed["recipe.yaml"],
            new MergeOptions())).Problems;
        Assert.Equal(["'spear' has no option 'treshold'", "w is 2; it must be in [0, 1]"], problems.Select(problem => problem.Message));
        Assert.All(problems, problem => Assert.Equal(4, problem.Place!.Line));
    }

    public void Dispose() => _bed.Dispose();

    private IEnumerable<string> Chosen(string select) => Choices(select).Where(tensor => tensor.IsChosen).Select(tensor => tensor.Name);

    private IReadOnlyList<ChoiceSummary> Choices(string select)
    {
        File.WriteAllText(_bed["recipe.yaml"], Recipe(select) + "parameters: {t: 0.5}\n");
        return _bed.Engine.Plan(_bed["recipe.yaml"], new MergeOptions()).Stages[0].Selection!.Tensors!;
    }

    private static string Recipe(string? select) =>
        $"merge_method: slerp\nbase_model: {MergeBed.Models}base\nmodels: "
            + $"[{{model: {MergeBed.Models}finance}}]\n{(select is null ? "" : $"select: {{{select}}}\n")}";
}
