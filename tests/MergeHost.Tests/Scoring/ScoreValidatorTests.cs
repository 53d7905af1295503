using MergeHost.Checkpoints;
using MergeHost.Evaluation;
using MergeHost.Evaluation.Suites;
using MergeHost.Models;
using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Planning;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Scoring;

/// <summary>Checks of scores by a benchmark that looks at one bit of each tensor, so that the effect of every swap is known.</summary>
public sealed class ScoreValidatorTests : IDisposable
{
    private const string Suite = "tasks: [{name: x, benchmark: tensor_count}, {name: y, general: true, benchmark: tensor_count}]";

    private readonly RecipeFolder _folder = new RecipeFolder().Add("base", TinyCheckpoint.Llama(seed: 1))
        .Add("adapted", TinyCheckpoint.Llama(seed: 2));
    private readonly MergeEngine _engine = new(PluginFolder.NoServices, PluginFolder.Fixtures) { Suites = SuiteReader.Check };

    [Fact]
    public void Validate_SetsEachMatrixToTheBasesByItself()
    {
        ScoreValidation validation = Validate(byLayer: false);
        using ModelResolver models = RecipeFolder.Models();
        Dictionary<string, int> before = Bits(models.Open(_folder["base"]));
        Dictionary<string, int> after = Bits(models.Open(_folder["adapted"]));
        Assert.Equal(after.Keys.Where(name => name.Contains("_proj.", StringComparison.Ordinal)).Order(),
            validation.Units.Select(unit => unit.Name).Order());
        Assert.Equal((double)after.Values.Sum() / before.Values.Sum(), validation.Adapted[0].General!.Value, 12);
        Assert.All(validation.Units, unit => Assert.Equal(
            (double)(after.Values.Sum() - after[unit.Name] + before[unit.Name]) / before.Values.Sum(), unit.Kept[0].General!.Value, 12));
        Assert.Contains(validation.Units, unit => unit.Kept[0] != validation.Adapted[0]);
    }

    [Fact]
    public void Validate_DrawsACurveFromTheAdaptedModelToAllUnitsForEachScorerAndTheControls()
    {
        ScoreValidation validation = Validate(byLayer: false);
        Assert.Equal(["snr", "relative_change", "random"], validation.Curves.Select(curve => curve.Scorer));
        Assert.Equal(["snr", "relative_change", "random"], validation.Agreements.Select(agreement => agreement.Scorer));
        Assert.All(validation.Curves, curve =>
        {
            Assert.Equal(validation.Adapted, curve.Points[0].Kept);
            Assert.Equal((0, validation.Units.Count), (curve.Points[0].Restored, curve.Points[^1].Restored));
            Assert.Equal(validation.Curves[0].Points[^1].Kept, curve.Points[^1].Kept);
            Assert.Equal(curve.Points.Select(point => point.Restored).Order(), curve.Points.Select(point => point.Restored));
        });
    }

    [Fact]
    public void Validate_ByLayer_SwapsAllTensorsOfALayer()
    {
        ScoreValidation validation = Validate(byLayer: true);
        using ModelResolver models = RecipeFolder.Models();
        Dictionary<string, int> before = Bits(models.Open(_folder["base"]));
        Dictionary<string, int> after = Bits(models.Open(_folder["adapted"]));
        Assert.Equal(["layer 0", "layer 1"], validation.Units.Select(unit => unit.Name));
        Assert.All(validation.Units.Index(), unit => Assert.Equal(
            after.Sum(tensor => tensor.Key.Contains($".{unit.Index}.", StringComparison.Ordinal)
                ? before[tensor.Key]
                : tensor.Value) / (double)before.Values.Sum(),
            unit.Item.Kept[0].General!.Value, 12));
    }

    [Fact]
    public void Validate_WhatWasMeasuredBefore_GivesTheSame()
    {
        ScoreValidation first = Validate(byLayer: false);
        ScoreValidation second = Validate(byLayer: false);
        Assert.Equal(first.Units.Select(unit => unit.Kept[0]), second.Units.Select(unit => unit.Kept[0]));
        Assert.Equal(first.Agreements, second.Agreements);
    }

    [Fact]
    public void Score_ToBeValidatedByATaskThatIsNotThere_SaysSoBeforeItScores()
    {
        ValidationRequest request = new(_folder.Write("suite.yaml", Suite), ["z"]);
        MergeHostException exception = Assert.Throws<MergeHostException>(
            () => _engine.Score(_folder["base"], _folder["adapted"], new ScoreRequest(["snr"], []) { Validation = request },
                new MergeOptions()));
        Assert.Equal(("MH6001", "suite 'suite' has no task 'z'", "did you mean 'x'? it has x, y"),
            (exception.Code.Id, exception.Problems[0].Message, exception.Problems[0].Hint));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    private ScoreValidation Validate(bool byLayer)
    {
        ValidationRequest request = new(_folder.Write("suite.yaml", Suite), []) { ByLayer = byLayer };
        ScoreReport report = _engine.Score(_folder["base"], _folder["adapted"], new ScoreRequest(["snr"], []) { Validation = request },
            new MergeOptions());
        return new EvaluationEngine(_engine).Validate(report, request, new MergeOptions { CacheFolder = _folder["cache"] }).Validation!;
    }

    private static Dictionary<string, int> Bits(InputModel model) => model.Stored.ToDictionary(tensor => tensor.Name, tensor =>
    {
        byte[] first = new byte[tensor.DType.BlockBytes];
        ICheckpointReader reader = model.Open();
        reader.Read(tensor, 0, first);
        return first[0] & 1;
    });
}
