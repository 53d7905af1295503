using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Recipes.Reading;
using MergeHost.Storage.Text;
using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Authoring;

public sealed class RecipeSchemaTests
{
    private static readonly Lazy<JsonObject> _text = new(() =>
    {
        using MergeEngine engine = new(PluginFolder.NoServices);
        return JsonNode.Parse(engine.RecipeSchema())!.AsObject();
    });

    private static string Recipes { get; } =
        typeof(RecipeSchemaTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "Recipes").Value!;

    private static readonly Lazy<JsonSchema> _schema = new(() => JsonSchema.FromText(_text.Value.ToJsonString()));

    [Fact]
    public void Schema_HasTheFieldsThatTheReaderHas() =>
        Assert.Equal(
            RecipeReader.StageFields.Order(StringComparer.Ordinal),
            _text.Value["properties"]!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void Schema_OfTheRecipesOfTheRepository_TakesAllOfThem()
    {
        string[] paths = Directory.GetFiles(Recipes, "*.yaml");
        Assert.NotEmpty(paths);
        Assert.All(paths, path => Assert.True(IsValid(File.ReadAllText(path)), path));
    }

    [Theory]
    [InlineData("merge_method: tiess\nmodels: [{model: a}]")]
    [InlineData("merge_method: ties\nmodels: [{modle: a}]")]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: {densty: 0.5}}]")]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: {density: 1.5}}]")]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: {density: [0.5, high]}}]")]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: {density: [{filter: mlp, value: 2}]}}]")]
    [InlineData("merge_method: ties\nparameters: {lambda: high}\nmodels: [{model: a}]")]
    [InlineData("merge_method: ties\nmodles: [{model: a}]")]
    [InlineData("merge_method: ties\nmodels: {model: a}")]
    [InlineData("merge_method: ties\ndtype: bfloat17\nmodels: [{model: a}]")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0]}]}]")]
    [InlineData("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1], parameters: {scale: x}}]}]")]
    [InlineData("merge_method: linear\nmodules: {text_decoder: {models: [{model: a, parameters: {weight: x}}]}}")]
    [InlineData("merge_method: slerp\nselect: {scorer: spaer, top: 1}\nmodels: [{model: a}]")]
    [InlineData("models: [{model: a}]")]
    [InlineData("[]")]
    public void Schema_OfAMistake_RefusesIt(string recipe) => Assert.False(IsValid(recipe));

    [Theory]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: {density: [0.5, 1], weight: {filter: mlp, value: [0, 1]}}}]")]
    [InlineData("merge_method: ties\nmodels: [{model: {path: a, apply: [{lora: {path: b}}]}, parameters: {weight: [{filter: mlp, value: "
        + "1}, {value: 0.5}]}}]")]
    [InlineData("merge_method: ties\nmodels: [{model: a, parameters: null}]\nparameters: {t: 0.5, int8_mask: yes}")]
    [InlineData("merge_method: linear\nuses: linear@^1.0\nmodels: [{model: a}]\nevaluate: suite.yaml\nchat_template: auto\n"
        + "task_vector_snr: {warn_below: 3}")]
    public void Schema_OfWhatRecipesMaySay_TakesIt(string recipe) => Assert.True(IsValid(recipe));

    [Fact]
    public void Draft_OfEachStrategy_IsARecipeThatTheSchemaTakesAndThatCanBePlanned()
    {
        using TemporaryFolder folder = new();
        using MergeEngine engine = new(PluginFolder.NoServices);
        string quickstart = Path.Combine(Recipes, "quickstart");
        string[] models = [.. new[] { "finance", "math", "japanese" }.Select(name => Path.Combine(quickstart, name))];
        PluginExport[] strategies = [.. PluginCatalog.Scan(PluginRoots.Find(null)).Exports(ExportKind.Strategy)
            .Select(strategy => strategy.Export)];
        Assert.NotEmpty(strategies);
        Array.ForEach([.. models, "base"],
            model => File.WriteAllBytes(folder[$"{Path.GetFileName(model)}.statistics.safetensors"],
                new TinyCheckpoint().Contents()["model.safetensors"]));
        Assert.All(strategies, strategy =>
        {
            string? @base = strategy.Base == MergeHost.Strategies.BaseUse.None ? null : Path.Combine(quickstart, "base");
            string recipe = engine.DraftRecipe(strategy.Id, models[..Math.Clamp(2, strategy.MinSources, Math.Min(3, strategy.MaxSources))],
                @base);
            Assert.True(IsValid(recipe), recipe);
            Assert.Contains("$schema=mergehost.schema.json", recipe, StringComparison.Ordinal);
            string path = folder[$"{strategy.Id}.yaml"];
            File.WriteAllText(path, recipe);
            engine.Plan(path, new MergeOptions());
        });
    }

    [Theory]
    [InlineData("tiess", "did you mean 'ties'?", "a", "b")]
    [InlineData("ties", "--base", "a", null)]
    [InlineData("linear", "--base", "a", "b")]
    public void Draft_OfWhatCannotBe_SaysWhy(string method, string hint, string model, string? @base)
    {
        using MergeEngine engine = new(PluginFolder.NoServices);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => engine.DraftRecipe(method, [model], @base));
        Assert.Contains(hint, exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("null")]
    [InlineData("True")]
    [InlineData("7b")]
    [InlineData("it's: #1")]
    [InlineData("")]
    public void Draft_OfAModelOfAnyName_IsReadAsThatName(string model)
    {
        using MergeEngine engine = new(PluginFolder.NoServices);
        YamlMapping recipe = (YamlMapping)YamlLoader.Load("recipe.yaml", engine.DraftRecipe("linear", [model, "other"], null), []).Single();
        YamlScalar read = (YamlScalar)((YamlMapping)((YamlSequence)recipe.Find("models")!).Items[0]).Find("model")!;
        Assert.Equal(model, read.Text);
        Assert.Equal(model == "a/b", read.IsPlain);
    }

    private static bool IsValid(string recipe)
    {
        List<Problem> problems = [];
        IReadOnlyList<YamlNode> documents = YamlLoader.Load("recipe.yaml", recipe, problems);
        Assert.Empty(problems);
        return documents.All(document => _schema.Value.Evaluate(JsonSerializer.SerializeToElement(Json(document))).IsValid);
    }

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, Json(entry.Value)))),
        YamlSequence sequence => new JsonArray([.. sequence.Items.Select(Json)]),
        YamlScalar { IsNull: true } => null,
        YamlScalar { IsPlain: true, Text: "true" or "false" } truth => JsonValue.Create(truth.Text == "true"),
        YamlScalar { IsPlain: true } plain when double.TryParse(plain.Text, CultureInfo.InvariantCulture, out double number) =>
            JsonValue.Create(number),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        _ => throw new InvalidOperationException(),
    };
}
