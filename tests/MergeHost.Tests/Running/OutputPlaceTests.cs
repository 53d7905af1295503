using MergeHost.Running;

namespace MergeHost.Tests.Running;

public sealed class OutputFolderTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_IntoAFolderWithFiles_IsRefusedAndLeavesThem()
    {
        Directory.CreateDirectory(_bed["out"]);
        string file = Path.Combine(_bed["out"], "notes.txt");
        File.WriteAllText(file, "mine");
        Problem problem = MergeBed.Fails(() => _bed.Merge(MergeBed.Recipe("linear"), "out"));
        Assert.Equal(ErrorCodes.OutputExists, problem.Code);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    [Fact]
    public void Merge_Forced_ReplacesWeightsAndLeavesOtherFiles()
    {
        _bed.Merge(MergeBed.Recipe("linear"), "out", new MergeOptions { ShardSizeBytes = 2_000_000 });
        string file = Path.Combine(_bed["out"], "notes.txt");
        File.WriteAllText(file, "mine");

        _bed.Merge(MergeBed.Recipe("task_arithmetic"), "out", new MergeOptions { Force = true });

        Assert.Equal("mine", File.ReadAllText(file));
        Assert.Equal("model.safetensors", Path.GetFileName(Directory.EnumerateFiles(_bed["out"], "*.safetensors*").Single()));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Fact]
    public void Merge_IntoAnEmptyFolder_UsesIt()
    {
        Directory.CreateDirectory(_bed["out"]);
        _bed.Merge(MergeBed.Recipe("linear"), "out");
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Theory]
    [InlineData("model.safetensors", false, "how a file is named")]
    [InlineData("notes.txt", true, "this is a file")]
    public void Merge_IntoAFile_AsksForAFolder(string output, bool exists, string words)
    {
        if (exists)
        {
            _bed.Folder.Write(output, [1]);
        }

        Problem problem = MergeBed.Fails(() => _bed.Merge(MergeBed.Recipe("linear"), output));
        Assert.Equal(ErrorCodes.OutputNotFolder, problem.Code);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
        Assert.Equal(exists, Path.Exists(_bed[output]));
    }

    [Fact]
    public void Merge_IntoAFolderWhereAnotherMergeMadeNothing_IsNotRefused()
    {
        Directory.CreateDirectory(_bed["out"]);
        File.WriteAllText(OutputFolder.JournalPath(_bed["out"]), "another merge\n");
        _bed.Merge(MergeBed.Recipe("linear"), "out");
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Fact]
    public void Plan_OfACheckpoint_SaysThatItIsNoRecipe()
    {
        Problem problem = MergeBed.Fails(() => _bed.Engine.Plan(MergeBed.Models + "base/model.safetensors", new MergeOptions()));
        Assert.Equal(ErrorCodes.RecipeUnreadable, problem.Code);
        Assert.Contains("expected a text, found other data", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAnEndlessText_ReadsNoneOfIt()
    {
        using (FileStream file = File.Create(_bed["long.yaml"]))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("1,099,511,627,776", MergeBed.Fails(() => _bed.Engine.Plan(_bed["long.yaml"], new MergeOptions())).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();
}
