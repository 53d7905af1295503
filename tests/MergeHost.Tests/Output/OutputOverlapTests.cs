using System.Text;
using MergeHost.Output;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Output;

public sealed class OutputOverlapTests : IDisposable
{
    private readonly MergeBed _bed = new();

    /// <summary>Ways in which an output is one of its inputs: what is put there, the model as the recipe has it, the output.</summary>
    public static TheoryData<string> Ways =>
    [
        "the folder itself", "the output is a link", "the model is a link", "a link above the output", "a dot in the path",
        "weights are a link into the output",
        "a hard link in the output", "a partial file is a link to weights", "a companion is a hard link",
        "a companion in a subfolder is a hard link", "the model lies among stages", "a stage's result is a link",
        "an importance matrix",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Merge_OverAnInput_IsRefusedEvenWhenForcedAndTouchesNothing(string way)
    {
        string model = _bed.Copy("finance", "model");
        (string named, string output, string more) = Arrange(way, model);
        IReadOnlyDictionary<string, string> before = _bed.Content("");
        Problem problem = MergeBed.Fails(() => _bed.Merge(
            $"merge_method: passthrough\nmodels: [{{model: {named}}}]\n{more}", output, new MergeOptions { Force = true }));
        Assert.Equal(ErrorCodes.OutputIsInput, problem.Code);
        File.Delete(_bed[$"{output}.yaml"]);
        Assert.Equal(before, _bed.Content(""));
    }

    [Theory]
    [InlineData(".stages")]
    [InlineData(".stages/first")]
    public void Merge_WhenALinkStandsWhereStagesAreWritten_IsRefusedAndTouchesNothing(string link)
    {
        _bed.Copy("finance", "elsewhere/first");
        Directory.CreateDirectory(Path.GetDirectoryName(_bed[$"out/{link}"])!);
        Directory.CreateSymbolicLink(_bed[$"out/{link}"], _bed[link == ".stages" ? "elsewhere" : "elsewhere/first"]);
        IReadOnlyDictionary<string, string> before = _bed.Content("elsewhere");
        string first = $"name: first\nmerge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]";
        Problem problem = MergeBed.Fails(() => _bed.Merge($"{first}\n---\nmerge_method: passthrough\nmodels: [{{model: first}}]", "out",
            new MergeOptions { Force = true }));
        Assert.Equal(ErrorCodes.OutputNotFolder, problem.Code);
        Assert.Equal(before, _bed.Content("elsewhere"));
    }

    [Theory]
    [InlineData("mergehost.journal.partial")]
    [InlineData("mergehost.json.partial")]
    [InlineData("config.json.partial")]
    [InlineData("model.safetensors.partial")]
    [InlineData("model.safetensors")]
    [InlineData("mergehost.json")]
    public void Merge_WhenALinkHasTheNameOfAFileThatIsWritten_LeavesWhatItLeadsTo(string name)
    {
        Directory.CreateDirectory(_bed["out"]);
        _bed.Folder.Write("precious", [1, 2, 3]);
        File.CreateSymbolicLink(_bed[$"out/{name}"], _bed["precious"]);
        _bed.Merge(MergeBed.Recipe("linear"), "out", new MergeOptions { Force = true });
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_bed["precious"]));
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    [Fact]
    public void Merge_ForcedBesideARunningMerge_LeavesItsFiles()
    {
        _bed.Merge(MergeBed.Recipe("linear"), "out");
        using FileStream other = new(OutputPlace.InFolder(_bed["out"]).JournalPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(ErrorCodes.OutputLocked,
            MergeBed.Fails(() => _bed.Merge(MergeBed.Recipe("ties"), "out", new MergeOptions { Force = true })).Code);
        Assert.Empty(_bed.Engine.Verify(_bed["out"]));
    }

    public void Dispose() => _bed.Dispose();

    private (string Model, string Output, string More) Arrange(string way, string model)
    {
        string weights = Path.Combine(model, "model.safetensors");
        switch (way)
        {
            case "the folder itself":
                return (model, "model", "");
            case "the output is a link":
                Directory.CreateSymbolicLink(_bed["out"], "model");
                return (model, "out", "");
            case "the model is a link":
                Directory.CreateSymbolicLink(_bed["link"], "model");
                return (_bed["link"], "model", "");
            case "a link above the output":
                Directory.CreateDirectory(_bed["below"]);
                Directory.Move(model, _bed["below/model"]);
                Directory.CreateSymbolicLink(_bed["above"], "below");
                return (_bed["below/model"], "above/model", "");
            case "a dot in the path":
                return (_bed["./model/../model"], "model", "");
            case "weights are a link into the output":
                Directory.CreateDirectory(_bed["out"]);
                File.Move(weights, _bed["out/model.safetensors"]);
                File.CreateSymbolicLink(weights, _bed["out/model.safetensors"]);
                return (model, "out", "");
            case "a hard link in the output":
                HardLink(weights, "model.safetensors");
                return (model, "out", "");
            case "a partial file is a link to weights":
                Directory.CreateDirectory(_bed["out"]);
                File.CreateSymbolicLink(_bed["out/model.safetensors.partial"], weights);
                return (model, "out", "");
            case "a companion is a hard link":
                HardLink(Path.Combine(model, "tokenizer.json"), "tokenizer.json");
                return (model, "out", "");
            case "a companion in a subfolder is a hard link":
                Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
                File.WriteAllText(Path.Combine(model, "additional_chat_templates/tools.jinja"), "T");
                Directory.CreateDirectory(_bed["out/additional_chat_templates"]);
                HardLink(Path.Combine(model, "additional_chat_templates/tools.jinja"), "additional_chat_templates/tools.jinja");
                return (model, "out", "");
            case "the model lies among stages":
                Directory.CreateDirectory(_bed["out/.stages"]);
                Directory.Move(model, _bed["out/.stages/model"]);
                return (_bed["out/.stages/model"], "out", "");
            case "a stage's result is a link":
                Directory.CreateDirectory(_bed["out/.stages/first"]);
                File.CreateSymbolicLink(_bed["out/.stages/first/model.safetensors"], weights);
                return (model, "out", "");
            default:
                // As llama-imatrix wrote them before GGUF, under a name that an output could have.
                byte[] name = Encoding.ASCII.GetBytes("blk.0.attn_q.weight");
                Directory.CreateDirectory(_bed["out"]);
                _bed.Folder.Write("out/matrix.gguf",
                [
                    .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(name.Length), .. name, .. BitConverter.GetBytes(1),
                    .. BitConverter.GetBytes(256),
                    .. Enumerable.Repeat(BitConverter.GetBytes(1f), 256).SelectMany(bytes => bytes),
                ]);
                return (model, "out", $"out_format: gguf\nout_type: q4_0\nout_imatrix: {_bed["out/matrix.gguf"]}\n");
        }
    }

    private void HardLink(string path, string name)
    {
        Directory.CreateDirectory(_bed["out"]);
        System.Diagnostics.Process.Start("ln", [path, _bed[$"out/{name}"]]).WaitForExit();
    }
}
