using MergeHost.Output;
using MergeHost.Reports;

namespace MergeHost.Tests.Running;

public sealed class ResumeTests : IDisposable
{
    private const string Output = "out";

    private readonly string _recipe = MergeBed.Recipe("dare_ties", "", "weight: 0.5, density: 0.4");
    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_WhenCancelled_LeavesNothingThatLooksWhole()
    {
        CancelHalfway();

        Assert.Equal(ErrorCodes.NoManifest, MergeBed.Fails(() => _bed.Engine.Verify(_bed[Output])).Code);
        Assert.All(Directory.EnumerateFiles(_bed[Output]), file => Assert.EndsWith(".partial", file, StringComparison.Ordinal));
        Assert.Throws<Checkpoints.CheckpointException>(() => _bed.Engine.Inspect(_bed[Output]));
    }

    [Fact]
    public void Merge_AfterACancelledRun_GoesOnAndGivesTheSameFiles()
    {
        CancelHalfway();
        int done = File.ReadLines(OutputPlace.InFolder(_bed[Output]).JournalPath).Count() - 1;
        Assert.InRange(done, 1, 37);

        List<MergeProgress> told = [];
        _bed.Merge(_recipe, Output, null, new Told(told.Add));

        Assert.True(told[0].DoneTensors >= done, "what was done is done again");
        AssertSameAsUndisturbed();
        Assert.False(File.Exists(OutputPlace.InFolder(_bed[Output]).JournalPath));
    }

    [Fact]
    public void Merge_ToAFile_AfterACancelledRun_GoesOnAndGivesTheSameBytes()
    {
        CancelHalfway("out.gguf");
        Assert.Equal(ErrorCodes.NoManifest, MergeBed.Fails(() => _bed.Engine.Verify(_bed["out.gguf"])).Code);
        Assert.False(File.Exists(_bed["out.gguf"]));

        _bed.Merge(_recipe, "out.gguf");
        _bed.Merge(_recipe, "undisturbed.gguf");
        Assert.Empty(_bed.Engine.Verify(_bed["out.gguf"]));
        Assert.Equal(File.ReadAllBytes(_bed["undisturbed.gguf"]), File.ReadAllBytes(_bed["out.gguf"]));
        Assert.Empty(Directory.EnumerateFiles(_bed.Folder.Path, "*.partial"));
    }

    [Fact]
    public void Merge_WhenBytesOfADoneTensorWereLost_MakesItAgain()
    {
        CancelHalfway();
        string partial = Directory.EnumerateFiles(_bed[Output], "*.safetensors.partial").Single();
        using (FileStream file = File.OpenWrite(partial))
        {
            // The embedding comes first; its bytes are as a machine that lost power could leave them.
            file.Seek(100_000, SeekOrigin.Begin);
            file.Write(new byte[4096]);
        }

        _bed.Merge(_recipe, Output);
        AssertSameAsUndisturbed();
    }

    [Fact]
    public void Merge_WhenTheJournalsLastLineIsTorn_GoesOnFromTheLineBefore()
    {
        CancelHalfway();
        string journal = OutputPlace.InFolder(_bed[Output]).JournalPath;
        File.WriteAllText(journal, File.ReadAllText(journal)[..^7]);
        _bed.Merge(_recipe, Output);
        AssertSameAsUndisturbed();
    }

    [Fact]
    public void Merge_OfAnotherRecipeIntoAnUnfinishedFolder_IsRefusedUnlessForced()
    {
        CancelHalfway();
        string other = MergeBed.Recipe("linear");
        Problem problem = MergeBed.Fails(() => _bed.Merge(other, Output));
        Assert.Equal(ErrorCodes.OtherMerge, problem.Code);
        Assert.Contains("--force", problem.Hint, StringComparison.Ordinal);

        MergeManifest forced = _bed.Merge(other, Output, new MergeOptions { Force = true });
        Assert.Equal(MergeBed.Digests(_bed.Merge(other, "fresh")), MergeBed.Digests(forced));
        Assert.Empty(_bed.Engine.Verify(_bed[Output]));
    }

    [Fact]
    public void Merge_WhileAnotherProcessWrites_IsRefused()
    {
        CancelHalfway();
        using FileStream other = new(OutputPlace.InFolder(_bed[Output]).JournalPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(ErrorCodes.OutputLocked, MergeBed.Fails(() => _bed.Merge(_recipe, Output)).Code);
    }

    [Fact]
    public void Merge_WhenDoneAlready_TouchesNothing()
    {
        MergeManifest first = _bed.Merge(_recipe, Output);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(_bed[Output], "model.safetensors"));
        MergeManifest second = _bed.Merge(_recipe, Output);
        Assert.Equal(MergeBed.Digests(first), MergeBed.Digests(second));
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(_bed[Output], "model.safetensors")));
    }

    [Fact]
    public void Merge_WhenKilledBetweenTheFilesAndTheManifest_IsFinishedByTheNextRun()
    {
        string journal = OutputPlace.InFolder(_bed[Output]).JournalPath;
        string kept = _bed["journal"];
        _bed.Merge(_recipe, Output, null, new Told(told =>
        {
            if (told.DoneTensors == told.TotalTensors)
            {
                // The journal is locked for .NET, but not for others.
                System.Diagnostics.Process.Start("cp", [journal, kept]).WaitForExit();
            }
        }));
        File.Delete(OutputPlace.InFolder(_bed[Output]).ManifestPath);
        File.Move(kept, journal);

        List<MergeProgress> told = [];
        _bed.Merge(_recipe, Output, null, new Told(told.Add));
        Assert.Equal(38, told[0].DoneTensors);
        AssertSameAsUndisturbed();
    }

    // Killed there, it is called again: what it adds is in every output that looks finished.
    [Fact]
    public void Merge_WhoseFinishingIsStopped_StillLooksUnfinishedAndCallsItAgain()
    {
        OutputPlace place = OutputPlace.InFolder(_bed[Output]);
        List<bool> calls = [];
        string recipe = _bed.Folder.Write("recipe.yaml", System.Text.Encoding.UTF8.GetBytes(_recipe));

        Assert.Throws<OperationCanceledException>(() => _bed.Engine.Merge(recipe, _bed[Output], new MergeOptions(), finishing: Finishing));
        Assert.True(File.Exists(place.JournalPath));
        Assert.True(_bed.Engine.Merge(recipe, _bed[Output], new MergeOptions(), finishing: Finishing).IsAlreadyComplete);

        Assert.Equal([false, true], calls);
        Assert.False(File.Exists(place.JournalPath));
        AssertSameAsUndisturbed();

        void Finishing(MergeManifest made)
        {
            calls.Add(made.IsAlreadyComplete);
            Assert.Equal((true, true), (File.Exists(place.ManifestPath), File.Exists(place.JournalPath)));
            Assert.Equal(38, made.Tensors.Count);
            if (calls.Count == 1)
            {
                throw new OperationCanceledException();
            }
        }
    }

    public void Dispose() => _bed.Dispose();

    private void CancelHalfway(string output = Output)
    {
        using CancellationTokenSource cancellation = new();
        Told progress = new(told =>
        {
            if (told.DoneTensors >= 4)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => _bed.Merge(_recipe, output, new MergeOptions { Threads = 1 }, progress,
            cancellation.Token));
    }

    private void AssertSameAsUndisturbed()
    {
        _bed.Merge(_recipe, "undisturbed");
        Assert.Empty(_bed.Engine.Verify(_bed[Output]));
        string[] names = [.. Directory.EnumerateFiles(_bed["undisturbed"]).Select(path => Path.GetFileName(path)).Order()];
        Assert.Equal(names, Directory.EnumerateFiles(_bed[Output]).Select(path => Path.GetFileName(path)).Order());
        Assert.All(names, name => Assert.Equal(
            File.ReadAllBytes(Path.Combine(_bed["undisturbed"], name)), File.ReadAllBytes(Path.Combine(_bed[Output], name))));
    }
}
