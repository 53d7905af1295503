using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace MergeHost.Tests.Planning;

public sealed class ChatTemplatesTests : IDisposable
{
    private readonly RecipeFolder _folder = new();

    [Theory]
    [InlineData("chatml", "<|im_start|>")]
    [InlineData("llama3", "<|start_header_id|>")]
    [InlineData("mistral", "[INST]")]
    [InlineData("alpaca", "### Instruction:")]
    [InlineData("exaone", "[|endofturn|]")]
    [InlineData("'{{ messages[0].content }} — λ'", "{{ messages[0].content }} — λ")]
    public void Apply_OfANameOrOfJinjaText_PutsItIntoTheTokenizersConfiguration(string setting, string expected)
    {
        IReadOnlyList<CompanionFile> files = Plan(TinyCheckpoint.Llama().AddFile("chat_template.jinja", "old"), setting);
        Assert.Contains(expected, Template(files), StringComparison.Ordinal);
        Assert.Equal(
            32, files.Single(file => file.Name == "tokenizer_config.json").ReadJson()["model_max_length"]!.GetValue<int>());
        Assert.DoesNotContain(files, file => file.Name == "chat_template.jinja");
    }

    [Fact]
    public void Apply_OfATemplateWithMarksThatAreNoTokens_Warns()
    {
        _folder.Add("a", TinyCheckpoint.Llama());
        Assert.Contains(_folder.Plan(RecipeFolder.Linear("a") + "chat_template: chatml").Warnings,
            warning => warning.Message == "the chat template writes '<|im_start|>', '<|im_end|>', which the output has no token for"
                && warning.Place is not null);
    }

    [Fact]
    public void Apply_WithoutASetting_LeavesTheFilesAsTheyAre()
    {
        _folder.Add("a", TinyCheckpoint.Llama().AddFile("chat_template.jinja", "old"));
        IReadOnlyList<CompanionFile> files = _folder.Plan(RecipeFolder.Linear("a")).Stages[0].Layout.Companions;
        Assert.Equal("old"u8, files.Single(file => file.Name == "chat_template.jinja").ReadBytes());
        Assert.Equal("""{"model_max_length":32}"""u8, files.Single(file => file.Name == "tokenizer_config.json").ReadBytes());
    }

    [Fact]
    public void Merge_OfAModelWithNamedTemplates_WritesThemToTheirFolder()
    {
        using Running.MergeBed bed = new();
        string model = bed.Copy("base", "model");
        Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
        File.WriteAllText(Path.Combine(model, "additional_chat_templates/tool use.jinja"), "T");
        bed.Engine.Convert(model, bed["out"], "safetensors", null, null, new MergeOptions());
        Assert.Equal("T", File.ReadAllText(bed["out/additional_chat_templates/tool use.jinja"]));
        Assert.Empty(bed.Engine.Verify(bed["out"]));

        File.AppendAllText(bed["out/additional_chat_templates/tool use.jinja"], "!");
        Assert.Single(bed.Engine.Verify(bed["out"]));
    }

    [Fact]
    public void Apply_OfAuto_TakesTheCommonestAndOfEquallyCommonOnesTheFirst()
    {
        _folder.Add("a", TinyCheckpoint.Llama().AddFile("chat_template.jinja", "one"))
            .Add("b", TinyCheckpoint.Llama(seed: 2).AddFile("tokenizer_config.json", """{"chat_template": "two"}"""))
            .Add("c", TinyCheckpoint.Llama(seed: 3).AddFile("chat_template.jinja", "two"))
            .Add("d", TinyCheckpoint.Llama(seed: 4));
        Assert.Equal("two", Template(Plan(RecipeFolder.Linear("a", "b", "c", "d") + "chat_template: auto")));
        Assert.Equal("one", Template(Plan(RecipeFolder.Linear("a", "b") + "chat_template: auto")));
        Assert.Equal("two", Template(Plan(RecipeFolder.Linear("b", "a") + "chat_template: auto")));
    }

    [Fact]
    public void Apply_OfAutoWhereNobodyHasOne_LeavesTheFilesAsTheyAre() =>
        Assert.Equal(["config.json", "tokenizer.json", "tokenizer_config.json"],
            Plan(TinyCheckpoint.Llama(), "auto").Select(file => file.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Apply_OfAnUnknownName_SuggestsTheNearest()
    {
        _folder.Add("a", TinyCheckpoint.Llama());
        Problem problem = _folder.Error(RecipeFolder.Linear("a") + "chat_template: chatlm");
        Assert.Equal(
            (ErrorCodes.ValueOutOfRange, "chat_template is 'chatlm', which is neither a name nor Jinja text"),
            (problem.Code, problem.Message));
        Assert.StartsWith("did you mean 'chatml'?", problem.Hint, StringComparison.Ordinal);
        Assert.Equal(3, problem.Place!.Line);
    }

    [Fact]
    public void Apply_WithoutATokenizersConfiguration_SaysThatThereIsNoPlaceForIt()
    {
        _folder.Add("a", TinyCheckpoint.Llama().Remove("tokenizer_config.json"));
        Problem problem = _folder.Error(RecipeFolder.Linear("a") + "chat_template: chatml");
        Assert.Equal(ErrorCodes.BadConfig, problem.Code);
        Assert.Contains("tokenizer_config.json", problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Template(IReadOnlyList<CompanionFile> files) =>
        files.Single(file => file.Name == "tokenizer_config.json").ReadJson()["chat_template"]!.ToString();

    private IReadOnlyList<CompanionFile> Plan(TinyCheckpoint checkpoint, string setting) =>
        _folder.Add("a", checkpoint).Plan(RecipeFolder.Linear("a") + $"chat_template: {setting}").Stages[0].Layout.Companions;

    private IReadOnlyList<CompanionFile> Plan(string recipe) => _folder.Plan(recipe).Stages[0].Layout.Companions;
}
