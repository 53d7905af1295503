using MergeHost.Reports;

namespace MergeHost.Tests.Running;

public sealed class MergePartTests : IDisposable
{
    private const string Out = "out";

    private static readonly MergeOptions _options = new() { ShardSizeBytes = 300_000 };

    private static readonly string[] _recipes =
    [
        MergeBed.Recipe("dare_ties", "", "weight: 0.5, density: 0.4"),
        MergeBed.Recipe("ties", "trim_scope: model", "weight: 0.5, density: 0.4"),
        $"merge_method: slerp\nbase_model: {MergeBed.Models}base\nmodels: [{{model: {MergeBed.Models}finance}}]\nselect: {{scorer: spear, "
            + $"policy: balanced}}",
        $"{MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.3")}\noutput: {{packing: fp8-block}}",
        $"{MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.3")}\noutput: {{packing: nvfp4}}",
    ];

    private readonly MergeBed _bed = new();

    public static TheoryData<string> Recipes => new(_recipes);

    [Theory]
    [MemberData(nameof(Recipes))]
    public void FinishParts_OfAnyRecipe_GivesTheFilesOfOneRun(string recipe)
    {
        MergeManifest whole = _bed.Merge(recipe, "whole", _options);
        Survey("2/2");
        Survey("1/2");
        foreach (string part in (string[])["3/3", "1/3", "2/3", "1/3"])
        {
            Part(part, recipe);
        }

        MergeManifest made = Finish();
        Assert.Equal(_bed.Content("whole").Values, _bed.Content(Out).Values);
        Assert.Equal(whole.Merge, made.Merge);
        Assert.False(Directory.Exists(_bed["out/.parts"]));
        Assert.Empty(_bed.Engine.Verify(_bed[Out]));
        Assert.True(Finish().IsAlreadyComplete);
        Assert.True(Part("2/3", recipe).IsAlreadyComplete);

        void Survey(string part) => _bed.Engine.SurveyPart(Recipe(recipe), _bed[Out], MergePart.Parse(part)!.Value, _options);
    }

    [Fact]
    public void MergePart_MadeOfWholeModelsWithoutASurvey_NamesTheCommand()
    {
        string recipe = _recipes[0];
        _bed.Engine.SurveyPart(Recipe(recipe), _bed[Out], new MergePart(1, 1), _options);
        Part("1/3", recipe);
        Assert.True(_bed.Engine.SurveyPart(Recipe(recipe), _bed[Out], new MergePart(1, 1), _options).IsAlreadyComplete);

        string asks = _recipes[1];
        File.WriteAllText(_bed["asks.yaml"], asks);
        _bed.Engine.SurveyPart(_bed["asks.yaml"], _bed["asks"], new MergePart(2, 2), _options);
        Problem problem = MergeBed.Fails(() => _bed.Engine.MergePart(_bed["asks.yaml"], _bed["asks"], new MergePart(1, 3), _options));
        Assert.Equal(ErrorCodes.PartsMissing, problem.Code);
        Assert.Contains($"`mergehost merge {_bed["asks.yaml"]} {_bed["asks"]} --shard-size 300000 --survey 1/1`", problem.Hint,
            StringComparison.Ordinal);
    }

    [Fact]
    public void FinishParts_OfStages_TakesThemOneAfterTheOther()
    {
        string first =
            $"name: averaged\nmerge_method: linear\nmodels: [{{model: {MergeBed.Models}finance}}, {{model: {MergeBed.Models}math}}]\n"
                + $"parameters: {{weight: 1}}\n";
        string recipe =
            $"{first}---\nmerge_method: slerp\nbase_model: {MergeBed.Models}base\nmodels: [{{model: averaged}}]\nparameters: {{t: 0.4}}\n";
        _bed.Merge(recipe, "whole", _options);

        Problem early = MergeBed.Fails(() => Part("1/2", recipe));
        Assert.Equal(ErrorCodes.PartsMissing, early.Code);
        Assert.Contains("--stage averaged --part 1/4", early.Hint, StringComparison.Ordinal);

        Part("2/2", recipe, "averaged");
        Part("1/2", recipe, "averaged");
        Finish("averaged");
        Part("1/2", recipe);
        Part("2/2", recipe);
        Finish();
        Assert.Equal(_bed.Content("whole").Values, _bed.Content(Out).Values);
        Assert.Equal(ErrorCodes.StageGraph, MergeBed.Fails(() => Part("1/2", recipe, "average")).Code);
    }

    [Fact]
    public void MergePart_AfterACancelledRun_GoesOnWithItsTensors()
    {
        string recipe = _recipes[0];
        using CancellationTokenSource cancellation = new();
        Told stop = new(progress =>
        {
            if (progress.DoneTensors == 2)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() =>
            _bed.Engine.MergePart(Recipe(recipe), _bed[Out], new MergePart(1, 2), _options with { Threads = 1 }, null, null, stop,
                cancellation.Token));
        PartStatus stopped = Status()[0];
        Assert.Equal("stopped", stopped.State);
        Assert.InRange(stopped.DoneTensors, 1, stopped.TotalTensors - 1);

        List<MergeProgress> told = [];
        Assert.False(_bed.Engine.MergePart(Recipe(recipe), _bed[Out], new MergePart(1, 2), _options, null, null,
            new Told(told.Add)).IsAlreadyComplete);
        Assert.InRange(told[0].DoneTensors, stopped.DoneTensors, stopped.TotalTensors);
        Assert.Equal(["done", "not begun"], Status().Select(status => status.State));
    }

    [Fact]
    public void MergePart_MadeTwiceAtOnce_IsMadeOnce()
    {
        string recipe = _recipes[0];
        _bed.Merge(recipe, "whole", _options);
        Recipe(recipe);
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, run =>
        {
            using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
            engine.MergePart(_bed["recipe.yaml"], _bed[Out], new MergePart(1 + (run % 2), 2), _options);
        });
        Parallel.For(0, 2, _ =>
        {
            using MergeEngine engine = new(Plugins.PluginFolder.NoServices);
            engine.FinishParts(_bed["recipe.yaml"], _bed[Out], _options);
        });
        Assert.Equal(_bed.Content("whole").Values, _bed.Content(Out).Values);
    }

    [Fact]
    public void FinishParts_WhenSomeAreMissing_NamesThemAllAndLeavesTheOthers()
    {
        string recipe = _recipes[0];
        Part("2/4", recipe);
        Problem problem = MergeBed.Fails(() => Finish());
        Assert.Equal(ErrorCodes.PartsMissing, problem.Code);
        Assert.Contains("3 of 4 parts are not finished: 1/4 (not begun), 3/4 (not begun), 4/4 (not begun)", problem.Message,
            StringComparison.Ordinal);
        Assert.Contains("--part 1/4", problem.Hint, StringComparison.Ordinal);
        Assert.True(Part("2/4", recipe).IsAlreadyComplete);
    }

    [Fact]
    public void FinishParts_WhenBytesOfAPartWereLost_NamesItAndTakesItAgain()
    {
        string recipe = _recipes[0];
        _bed.Merge(recipe, "whole", _options);
        Part("1/2", recipe);
        string lost = Path.Combine(_bed["out/.parts/2-of-2"], Part("2/2", recipe).Files[0]);
        using (FileStream file = File.OpenWrite(lost))
        {
            file.Seek(-5000, SeekOrigin.End);
            file.Write(new byte[4000]);
        }

        Problem problem = MergeBed.Fails(() => Finish());
        Assert.Equal(ErrorCodes.PartsMissing, problem.Code);
        Assert.Contains("part 2/2", problem.Message, StringComparison.Ordinal);
        Assert.False(Part("2/2", recipe).IsAlreadyComplete);
        Finish();
        Assert.Equal(_bed.Content("whole").Values, _bed.Content(Out).Values);
    }

    [Fact]
    public void MergePart_OfAnotherPlan_SaysWhatDiffers()
    {
        string recipe = MergeBed.Recipe("linear").Replace($"{MergeBed.Models}math", _bed.Copy("math", "math"), StringComparison.Ordinal);
        Part("1/2", recipe);
        Refuses(() => Part("1/3", recipe), "is being made in 2 parts, found a part of 3");
        Refuses(() => Part("2/2", MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.4")), "of another recipe");
        Refuses(() => _bed.Merge(recipe, Out, _options), "is being made in parts");
        Refuses(() => _bed.Engine.MergePart(Recipe(recipe), _bed[Out], new MergePart(2, 2), _options with { Seed = 3 }), "another seed");

        File.SetLastWriteTimeUtc(_bed["math/model.safetensors"], DateTime.UnixEpoch);
        Refuses(() => Part("2/2", recipe), $"'{_bed["math"]}/model.safetensors' has changed");

        Directory.Delete(_bed["out/.parts"], recursive: true);
        Assert.False(Part("2/3", recipe).IsAlreadyComplete);

        void Refuses(Func<object> action, string message)
        {
            Problem problem = MergeBed.Fails(action);
            Assert.Equal(ErrorCodes.OtherParts, problem.Code);
            Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void MergePart_IntoAFolderOfSomebodyElse_IsRefused()
    {
        Directory.CreateDirectory(_bed[Out]);
        File.WriteAllText(_bed["out/notes.txt"], "mine");
        Assert.Equal(ErrorCodes.OutputExists, MergeBed.Fails(() => Part("1/2", _recipes[0])).Code);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(_bed[Out]).Select(Path.GetFileName));
    }

    [Fact]
    public void MergePart_IntoASingleFile_IsRefused()
    {
        Assert.Equal(ErrorCodes.NotInParts,
            MergeBed.Fails(() => _bed.Engine.MergePart(Recipe(_recipes[0]), _bed["m.gguf"], new MergePart(1, 2), _options)).Code);
        Assert.False(File.Exists(_bed["m.gguf"]));
    }

    [Fact]
    public void MergePart_BeyondTheFiles_HasNothingToMake()
    {
        string recipe = MergeBed.Recipe("linear");
        List<Problem> warnings = [];
        PartSummary empty = _bed.Engine.MergePart(Recipe(recipe), _bed[Out], new MergePart(2, 2), new MergeOptions(), null, warnings.Add);
        Assert.Equal((0, 0), (empty.Count, empty.Files.Count));
        Assert.Equal(ErrorCodes.NotInParts, Assert.Single(warnings).Code);
        _bed.Engine.MergePart(Recipe(recipe), _bed[Out], new MergePart(1, 2), new MergeOptions());
        _bed.Engine.FinishParts(Recipe(recipe), _bed[Out], new MergeOptions());
        _bed.Merge(recipe, "whole");
        Assert.Equal(_bed.Content("whole").Values, _bed.Content(Out).Values);
    }

    [Theory]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("1/10001")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("-1/4")]
    [InlineData("a/b")]
    public void Parse_OfWhatIsNoPart_GivesNothing(string text) => Assert.Null(MergePart.Parse(text));

    public void Dispose() => _bed.Dispose();

    private string Recipe(string recipe)
    {
        File.WriteAllText(_bed["recipe.yaml"], recipe);
        return _bed["recipe.yaml"];
    }

    private PartSummary Part(string part, string recipe, string? stage = null) =>
        _bed.Engine.MergePart(Recipe(recipe), _bed[Out], MergePart.Parse(part)!.Value, _options, stage);

    private MergeManifest Finish(string? stage = null) => _bed.Engine.FinishParts(_bed["recipe.yaml"], _bed[Out], _options, stage);

    private IReadOnlyList<PartStatus> Status() => _bed.Engine.PlanParts(_bed["recipe.yaml"], _bed[Out], _options)[0].Parts;
}
