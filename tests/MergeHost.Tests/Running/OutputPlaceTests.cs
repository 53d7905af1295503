using MergeHost.Output;
using MergeHost.Reports;

namespace MergeHost.Tests.Running;

public sealed class OutputPlaceTests : IDisposable
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
        File.WriteAllText(OutputPlace.InFolder(_bed["out"]).JournalPath, "another merge\n");
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

        Assert.Contains("1,099,511,627,776", MergeBed.Fails(() => _bed.Engine.Plan(_bed["long.yaml"], new MergeOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_ToAFile_WritesThatFileAndItsManifest()
    {
        Assert.False(Convert("m-Q8_0.gguf").IsAlreadyComplete);
        Convert("folder");
        Assert.Equal(["m-Q8_0.gguf", "m-Q8_0.gguf.mergehost.json"], Files("m-Q8_0.gguf*"));
        Assert.Equal(File.ReadAllBytes(_bed["folder/model.gguf"]), File.ReadAllBytes(_bed["m-Q8_0.gguf"]));
        Assert.Empty(_bed.Engine.Verify(_bed["m-Q8_0.gguf"]));
        Assert.True(Convert("m-Q8_0.gguf").IsAlreadyComplete);

        byte[] content = File.ReadAllBytes(_bed["m-Q8_0.gguf"]);
        content[^100] ^= 1;
        File.WriteAllBytes(_bed["m-Q8_0.gguf"], content);
        Assert.Equal(ErrorCodes.VerifyFailed, Assert.Single(_bed.Engine.Verify(_bed["m-Q8_0.gguf"])).Code);
    }

    [Fact]
    public void Merge_ToAFile_TakesItsFormatAndLeavesNothingElse()
    {
        string recipe = $"""
            merge_method: passthrough
            models: [{"{model: first}"}]
            ---
            name: first
            merge_method: linear
            models:
            - model: {MergeBed.Models}finance
            - model: {MergeBed.Models}math
            parameters: {"{weight: 1}"}
            """;
        _bed.Merge(recipe, "out.gguf");
        Assert.Equal("gguf", _bed.Merge(recipe, "out.gguf").Format);
        Assert.Equal(["out.gguf", "out.gguf.mergehost.json"], Files("out.gguf*").Except(["out.gguf.yaml"]));
    }

    [Fact]
    public void Convert_ToAFileThatIsThere_IsRefused_AndForcedReplacesItAlone()
    {
        _bed.Folder.Write("m.gguf", [1]);
        _bed.Folder.Write("other.gguf", [2]);
        _bed.Folder.Write("other.gguf.partial", [3]);
        Assert.Equal(ErrorCodes.OutputExists, MergeBed.Fails(() => Convert("m.gguf")).Code);
        Assert.Equal([1], File.ReadAllBytes(_bed["m.gguf"]));

        Convert("m.gguf", new MergeOptions { Force = true });
        Assert.Empty(_bed.Engine.Verify(_bed["m.gguf"]));
        Assert.Equal([2], File.ReadAllBytes(_bed["other.gguf"]));
        Assert.Equal([3], File.ReadAllBytes(_bed["other.gguf.partial"]));
    }

    [Fact]
    public void Convert_ToItsOwnInput_IsRefused()
    {
        Convert("m.gguf");
        byte[] before = File.ReadAllBytes(_bed["m.gguf"]);
        MergeOptions forced = new() { Force = true };
        Problem problem = MergeBed.Fails(() => _bed.Engine.Convert(_bed["m.gguf"], _bed["m.gguf"], "gguf", "q4_0", null, forced));
        Assert.Equal(ErrorCodes.OutputIsInput, problem.Code);
        Assert.Equal(before, File.ReadAllBytes(_bed["m.gguf"]));

        // Beside its input there is room.
        _bed.Engine.Convert(_bed["m.gguf"], _bed["n.gguf"], "gguf", "q4_0", null, new MergeOptions());
        Assert.Empty(_bed.Engine.Verify(_bed["n.gguf"]));
    }

    [Theory]
    [InlineData("m.gguf", "safetensors", "is named, and the output's format is 'safetensors'")]
    [InlineData("m-00001-of-00002.gguf", "gguf", "one of several files")]
    public void Convert_ToAFileThatCannotBe_IsRefused(string output, string format, string words)
    {
        string model = MergeBed.Models + "base";
        Problem problem = MergeBed.Fails(() => _bed.Engine.Convert(model, _bed[output], format, null, null, new MergeOptions()));
        Assert.Equal(ErrorCodes.OutputNotFolder, problem.Code);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(_bed[output]));
    }

    private MergeManifest Convert(string output, MergeOptions? options = null) =>
        _bed.Engine.Convert(MergeBed.Models + "base", _bed[output], "gguf", "q8_0", null, options ?? new MergeOptions());

    private string[] Files(string pattern) =>
        [.. Directory.EnumerateFileSystemEntries(_bed.Folder.Path, pattern).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    public void Dispose() => _bed.Dispose();
}
