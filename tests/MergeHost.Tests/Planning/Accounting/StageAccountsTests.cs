using MergeHost.Models;
using MergeHost.Planning.Accounting;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning.Accounting;

/// <summary>Each tensor of each model is merged, copied, consumed or excused, just once.</summary>
public sealed class StageAccountsTests : IDisposable
{
    private const string Positions = "model.positions";

    private readonly RecipeFolder _folder =
        new RecipeFolder().Add("a", TinyCheckpoint.Llama()).Add("b", TinyCheckpoint.Llama(seed: 2))
            .Add("base", TinyCheckpoint.Llama(seed: 3));

    [Theory]
    [InlineData("merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n", "a: 13 merged; b: 13 merged")]
    [InlineData("merge_method: passthrough\nmodels: [{model: a}]\n", "a: 13 copied")]
    [InlineData("merge_method: passthrough\nbase_model: base\nslices: [{sources: [{model: a, layer_range: [0, 2]}]}]\n",
        "base: 13 excused by configuration_only; a: 13 copied")]
    [InlineData("merge_method: slerp\nbase_model: base\nmodels: [{model: base}, {model: a}]\nparameters: {t: [{filter: mlp, value: 0}, "
        + "{filter: norm, value: 1}, {value: 0.5}]}\n",
        "base: 6 merged, 4 copied, 3 excused by slerp; a: 6 merged, 3 copied, 4 excused by slerp")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [1, 2]}]}, {sources: [{model: b, layer_range: [0, "
        + "1]}]}]\n",
        "a: 6 copied, 5 excused by other_layers, 2 excused by other_slice; b: 7 copied, 5 excused by other_layers, 1 excused by "
            + "other_slice")]
    [InlineData("merge_method: linear\nmodels: [{model: buffered}, {model: a}]\nparameters: {weight: 1}\nintegers: first\n", "ERROR")]
    public void Of_AStage_NamesWhatBecomesOfEachTensor(string recipe, string expected)
    {
        if (expected == "ERROR")
        {
            _folder.Add("buffered", TinyCheckpoint.Llama().Add(new TensorInfo(Positions, DType.I64, [2]), new byte[16]));
            Assert.Equal(ErrorCodes.TensorMissing, _folder.Error(recipe).Code);
            return;
        }

        Assert.Equal(expected, string.Join("; ", Accounts(recipe).Select(account => $"{account.Model}: {account.ToText()}")));
    }

    [Fact]
    public void Of_WholeNumbersAndBuffers_ExcusesThemByName()
    {
        const string Buffer = "model.layers.0.self_attn.rotary_emb.inv_freq";
        TensorInfo positions = new(Positions, DType.I64, [2]);
        _folder.Add("c", TinyCheckpoint.Llama().Add(positions, new byte[16]))
            .Add("d", TinyCheckpoint.Llama(seed: 2).Add(positions, new byte[16]).Add(Buffer, DType.F32, [2]));
        IReadOnlyList<TensorAccount> accounts = Accounts(RecipeFolder.Linear("c", "d"));
        Assert.Equal([Positions], accounts[0].Copied);
        Assert.Equal([("buffer", Buffer), ("integers", Positions)],
            accounts[1].Excused.Select(rule => (rule.Key, Assert.Single(rule.Value))));
    }

    [Fact]
    public void Plan_WhenNoRuleExcusesATensor_IsAnError()
    {
        StagePlan stage = _folder.Plan(RecipeFolder.Linear("a", "b")).Stages[0];
        List<Problem> problems = [];
        new ExcusePlanner(stage.Stage, stage.Models.ToDictionary(model => model.Name), [.. stage.Tensors.Skip(2)],
            new Dictionary<(InputModel, string), string>(), problems).Plan();
        Assert.Equal(2, problems.Count);
        Assert.All(problems, problem => Assert.Equal(ErrorCodes.TensorUnaccounted, problem.Code));
        Assert.Contains("neither uses tensor 'model.embed_tokens.weight' and 1 more nor has a rule", problems[0].Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<TensorAccount> Accounts(string recipe) => StageAccounts.Of(_folder.Plan(recipe).Stages[0]);
}
