using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

public sealed class PlanAndInspectTests
{
    [Fact]
    public void Plan_TellsTreatmentsBytesAndModels()
    {
        CliResult plan = Cli.Run("plan", "recipes/slerp.yaml");
        Assert.Equal((0, ""), (plan.ExitCode, plan.Talk));
        Assert.Contains("output: slerp (plugin slerp 1.0.0) of quickstart/finance, quickstart/math\n", plan.Output,
            StringComparison.Ordinal);
        Assert.Contains("    14 tensors copied\n", plan.Output, StringComparison.Ordinal);
        Assert.Contains("tensors measured, then merged\n", plan.Output, StringComparison.Ordinal);
        Assert.Contains("writes 5.77 MB (2.89 M parameters)", plan.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfAWindow_ListsCheckpointsWithTheirWeights()
    {
        CliResult plan = Cli.Run("plan", "recipes/window.yaml");
        Assert.Equal((0, ""), (plan.ExitCode, plan.Talk));
        Assert.Contains("of a window of 3 checkpoints\n  weight  0.57735   quickstart/run/checkpoint-1000\n", plan.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WithTensors_ListsThemAll()
    {
        CliResult plan = Cli.Run("plan", "recipes/passthrough.yaml", "--tensors");
        Assert.Contains("model.layers.5.mlp.up_proj.weight", plan.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WithJson_WritesOneDocument()
    {
        using JsonDocument plan = JsonDocument.Parse(Cli.Run("plan", "recipes/stages.yaml", "--json").Output);
        Assert.Equal(["experts", null], plan.RootElement.GetProperty("stages").EnumerateArray()
            .Select(stage => stage.TryGetProperty("name", out JsonElement name) ? name.GetString() : null));
    }

    [Theory]
    [InlineData("quickstart/math", "recipes/quickstart/math")]
    [InlineData("recipes/quickstart\\math", "recipes/quickstart/math")]
    public void Plan_OfAModelThatIsNeitherHereNorCached_NamesTheFolderThatIsLikeIt(string name, string meant)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["recipe.yaml"], $"merge_method: passthrough\nmodels: [{{model: '{name}'}}]\n");
        Assert.Contains($"hint: did you mean '{meant}'?", Cli.Run("plan", folder["recipe.yaml"]).Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_TellsArchitectureLayersAndFiles()
    {
        CliResult inspect = Cli.Run("inspect", "recipes/quickstart/base", "--tensors");
        Assert.Equal(0, inspect.ExitCode);
        Assert.Contains("LlamaForCausalLM, 4 layers, tied embeddings\n", inspect.Output, StringComparison.Ordinal);
        Assert.Contains("38 tensors, 2.89 M parameters, 5.77 MB\n", inspect.Output, StringComparison.Ordinal);
        Assert.Contains("[512, 256]", inspect.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_OfAnAdapter_TellsKindRankAndBase()
    {
        CliResult inspect = Cli.Run("inspect", "recipes/quickstart/math-lora");
        Assert.Equal((0, ""), (inspect.ExitCode, inspect.Talk));
        Assert.Contains("56 tensors, 65,536 parameters, 131 kB\n", inspect.Output, StringComparison.Ordinal);
        Assert.Matches(@"peft_type +LORA\n +base_model_name_or_path +base\n +r +4\n", inspect.Output);
    }

    [Fact]
    public void Inspect_OfABaseWithAnAdapter_NamesTheTransform()
    {
        CliResult inspect = Cli.Run("inspect", "recipes/quickstart/base+recipes/quickstart/math-lora*0.5");
        Assert.Equal((0, ""), (inspect.ExitCode, inspect.Talk));
        Assert.Contains("read through lora (adapters 1.0.0)\n", inspect.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_WithJson_WritesTensorsWithTheirDType()
    {
        using JsonDocument inspect = JsonDocument.Parse(Cli.Run("inspect", "recipes/quickstart/base", "--json").Output);
        JsonElement tensor = inspect.RootElement.GetProperty("tensors")[0];
        Assert.Equal(("model.embed_tokens.weight", "BF16"),
            (tensor.GetProperty("name").GetString(), tensor.GetProperty("dtype").GetString()));
    }

    [Theory]
    [InlineData("recipes/quickstart/bsae", "MH2001", "did you mean 'recipes/quickstart/base'?")]
    [InlineData("recipes/quikstart/bsae", "MH2001", "did you mean 'recipes/quickstart/base'?")]
    [InlineData("src", "MH2012", "*.safetensors")]
    [InlineData("recipes/quickstart", "MH2012", "Name a folder in it that holds a checkpoint: base, finance, japanese, math")]
    [InlineData("quickstart/math/config.json", "MH2001", "did you mean 'recipes/quickstart/math/config.json'?")]
    [InlineData("recipes/quickstart/base/config.json", "MH2012", "Name its folder, 'recipes/quickstart/base', which holds a checkpoint.")]
    [InlineData("README.md", "MH2012", "*.safetensors")]
    public void Inspect_OfNoCheckpoint_ExitsWith4AndSaysWhy(string path, string code, string hint)
    {
        CliResult inspect = Cli.Run("inspect", path);
        Assert.Equal(4, inspect.ExitCode);
        Assert.Contains(code, inspect.Talk, StringComparison.Ordinal);
        Assert.Contains(hint, inspect.Talk, StringComparison.Ordinal);
    }
}
