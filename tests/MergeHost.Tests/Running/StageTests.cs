using MergeHost.Reports;

namespace MergeHost.Tests.Running;

public sealed class StageTests : IDisposable
{
    private readonly MergeBed _bed = new();

    private static string First => $"""
        merge_method: linear
        models:
        - model: {MergeBed.Models}finance
        - model: {MergeBed.Models}math
        parameters: {"{weight: 1}"}
        dtype: float32
        """;

    private static string Second(string model) => $"""
        merge_method: slerp
        base_model: {MergeBed.Models}base
        models:
        - model: {model}
        parameters: {"{t: 0.4}"}
        """;

    [Fact]
    public void Merge_OfTwoStages_IsTheOneMergedFromTheOther()
    {
        MergeManifest both = _bed.Merge($"{Second("averaged")}\n---\nname: averaged\n{First}", "both");
        _bed.Merge(First, "averaged");
        MergeManifest apart = _bed.Merge(Second(_bed["averaged"]), "apart");

        Assert.Equal(MergeBed.Digests(apart), MergeBed.Digests(both));
        Assert.Equal(["averaged", null], both.Stages.Select(stage => stage.Name));
        Assert.False(Directory.Exists(Path.Combine(_bed["both"], ".stages")));
        Assert.Empty(_bed.Engine.Verify(_bed["both"]));
    }

    [Fact]
    public void Merge_CancelledInTheSecondStage_KeepsTheFirst()
    {
        string recipe = $"{Second("averaged")}\n---\nname: averaged\n{First}";
        List<string?> told = [];
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => _bed.Merge(recipe, "out", new MergeOptions { Threads = 1 }, new Told(progress =>
        {
            if (progress is { Stage: null, DoneTensors: 2 })
            {
                cancellation.Cancel();
            }
        }), cancellation.Token));
        Assert.True(File.Exists(Path.Combine(_bed["out"], ".stages", "averaged", "mergehost.json")));

        MergeManifest resumed = _bed.Merge(recipe, "out", null, new Told(progress => told.Add(progress.Stage)));
        Assert.DoesNotContain("averaged", told);
        Assert.Equal(MergeBed.Digests(_bed.Merge(recipe, "undisturbed")), MergeBed.Digests(resumed));
    }

    public void Dispose() => _bed.Dispose();
}
