using MergeHost.Plans;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

/// <summary>What becomes of tensors that only some models have, by the rule that a recipe names.</summary>
public sealed class LackingTensorsTests : IDisposable
{
    private const string Extra = "model.layers.1.self_attn.q_norm.weight";
    private const string Own = "score.weight";

    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("base", TinyCheckpoint.Llama(seed: 3).Add(Extra, DType.BF16, [4], 3))
        .Add("a", TinyCheckpoint.Llama().Add(Extra, DType.BF16, [4]))
        .Add("b", TinyCheckpoint.Llama(seed: 2))
        .Add("own", TinyCheckpoint.Llama(seed: 4).Add(Extra, DType.BF16, [4], 4).Add(Own, DType.BF16, [4]));

    [Theory]
    [InlineData("linear", "skip", "a, b", "", "a: 13 merged, 1 excused by missing_skip; b: 13 merged")]
    [InlineData("linear", "single", "a, b", "a copied", "a: 13 merged, 1 copied; b: 13 merged")]
    [InlineData("linear", "single", "b, a, own", "a+own merged", "b: 13 merged; a: 14 merged; own: 14 merged, 1 copied")]
    [InlineData("task_arithmetic", "base", "a, b", "base copied",
        "base: 13 merged, 1 copied; a: 13 merged, 1 excused by missing_base; b: 13 merged")]
    [InlineData("task_arithmetic", "single", "a, b", "base+a merged", "base: 14 merged; a: 14 merged; b: 13 merged")]
    public void Map_OfATensorThatAModelLacks_FollowsTheRule(string method, string rule, string models, string extra, string accounts)
    {
        MergePlan plan = _folder.Plan(Recipe(method, models) + $"missing: {rule}\n");
        TensorPlan? tensor = plan.Stages[0].Tensors.SingleOrDefault(tensor => tensor.Output.Name == Extra);
        string made = tensor is null
            ? ""
            : $"{string.Join('+', tensor.Read.Select(input => input.Model.Name))} {(tensor.Copied is null ? "merged" : "copied")}";
        Assert.Equal(extra, made);
        Assert.Equal(accounts,
            string.Join("; ", StageAccounts.Of(plan.Stages[0]).Select(account => $"{account.Model}: {account.ToText()}")));
        Assert.Contains(plan.Warnings, warning => warning.Message.Contains($"`missing: {rule}`", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("linear", "error", "a, b", "'b' has no tensor '" + Extra + "', which 'a' has")]
    [InlineData("linear", "base", "a, b", "'b' has no tensor '" + Extra + "', which 'a' has")]
    public void Map_WhereTheRuleCannotBeFollowed_NamesTheTensor(string method, string rule, string models, string message)
    {
        Problem problem = _folder.Error(Recipe(method, models) + $"missing: {rule}\n");
        Assert.Equal((ErrorCodes.TensorMissing, message), (problem.Code, problem.Message));
        Assert.Contains("`missing: base`", problem.Hint, StringComparison.Ordinal);
    }

    // Without a rule it is kept, as README says.
    [Fact]
    public void Map_OfATensorThatOnlyTheBaseHas_FollowsTheRule()
    {
        string recipe = RecipeFolder.TaskArithmetic("own", "a");
        Assert.Equal([Own, Own, Own], ((string[])["", "missing: base", "missing: single"]).SelectMany(Names).Where(name => name == Own));
        Assert.DoesNotContain(Own, Names("missing: skip"));
        Problem problem = _folder.Error(recipe + "missing: error");
        Assert.Equal((ErrorCodes.TensorMissing, $"'a' has no tensor '{Own}', which 'own' has"), (problem.Code, problem.Message));

        IEnumerable<string> Names(string rule) => _folder.Plan(recipe + rule).Stages[0].Tensors.Select(tensor => tensor.Output.Name);
    }

    [Fact]
    public void Map_OfATensorThatASingleModelHas_KeepsItWhateverTheStrategyNeeds()
    {
        StagePlan stage =
            _folder.Plan(
                "merge_method: slerp\nbase_model: base\nmodels: [{model: own}]\nparameters: {t: 0.5}\nmissing: single\n").Stages[0];
        Assert.Equal("own", stage.Tensors.Single(tensor => tensor.Output.Name == Own).Copied?.Model.Name);
    }

    [Fact]
    public void Map_OfPlainTensors_TakesThoseThatAllHaveOrAll()
    {
        _folder.Add("x",
            new TinyCheckpoint().Add("w", DType.F32, [2]).Add("blocks.0.a.b.c", DType.F32, [2]).Add("blocks.1.a.b.c", DType.F32, [2]))
            .Add("y", new TinyCheckpoint().Add("w", DType.F32, [2], 2).Add("blocks.0.a.b.c", DType.F32, [2], 2).Add("v", DType.F32, [3]));
        Assert.Equal(["w", "blocks.0.a.b.c"], Names("skip"));
        Assert.Equal(["w", "blocks.0.a.b.c", "blocks.1.a.b.c", "v"], Names("single"));

        IEnumerable<string> Names(string rule) =>
            _folder.Plan(RecipeFolder.Linear("x", "y") + $"missing: {rule}").Stages[0].Tensors.Select(tensor => tensor.Output.Name);
    }

    public void Dispose() => _folder.Dispose();

    private static string Recipe(string method, string models)
    {
        string[] names = models.Split(", ");
        return method == "task_arithmetic" ? RecipeFolder.TaskArithmetic("base", names) : RecipeFolder.Linear(names);
    }
}
