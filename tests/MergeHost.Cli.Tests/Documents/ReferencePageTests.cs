using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Cli.Commands;
using MergeHost.Reports;

namespace MergeHost.Cli.Tests.Documents;

/// <summary>The pages of <c>docs/reference</c> are what the program says of itself.</summary>
public sealed partial class ReferencePageTests : IDisposable
{
    private readonly MergeEngine _engine = new(new NoServices());

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void Exports_AllHaveACurrentPage_AndNoPageIsLeftOver()
    {
        ExportSummary[] exports = [.. Exports()];
        IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(Cli.Repository, "recipes"), "*.yaml");
        string[] recipes = [.. files.Select(path => $"recipes/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];
        foreach (ExportSummary export in exports)
        {
            Markdown.Verify(ExportPage.PathOf(export), ExportPage.Write(export, Array.Find(recipes, recipe => Uses(recipe, export))));
        }

        Markdown.Verify("docs/reference/index.md", ExportPage.Index(exports));
        Markdown.Verify("docs/reference/toc.yml", ExportPage.Contents(exports));
        Assert.Equal(
            exports.Select(ExportPage.PathOf).Order(StringComparer.Ordinal),
            Markdown.All.Where(path => Regex.IsMatch(path, "^docs/reference/[^/]+/")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Recipe_EveryFieldOfTheSchema_IsDescribedOnACurrentPage()
    {
        JsonObject schema = JsonNode.Parse(_engine.RecipeSchema())!.AsObject();
        Markdown.Verify("docs/reference/recipe.md", RecipePage.Write(schema));
        IEnumerable<KeyValuePair<string, JsonNode?>> fields = RecipePage.Properties(schema);
        Assert.All(
            fields.Concat(fields.SelectMany(field => RecipePage.Properties(field.Value))),
            field => Assert.False(string.IsNullOrEmpty((string?)field.Value!["description"]), field.Key));
    }

    [Fact]
    public void Commands_AllAreOnACurrentPage() =>
        Markdown.Verify("docs/reference/commands.md", CommandPage.Write(CommandHelp.All(MergeHostCommand.Create())));

    [Fact]
    public void Guide_NamesEveryFieldOfARecipe()
    {
        string text = Markdown.Read("docs/recipes.md");
        JsonObject schema = JsonNode.Parse(_engine.RecipeSchema())!.AsObject();
        Assert.All(RecipePage.Properties(schema), field => Assert.Matches($@"\b{field.Key}\b", text));
    }

    private IEnumerable<ExportSummary> Exports()
    {
        string[] kinds = [.. ExportPage.Kinds.Keys];
        return _engine.ListPlugins().Plugins.SelectMany(plugin => _engine.ShowPlugin(plugin.Id))
            .DistinctBy(export => (export.Kind, export.Id))
            .OrderBy(export => Array.IndexOf(kinds, export.Kind)).ThenBy(export => export.Id, StringComparer.Ordinal);
    }

    // Its own recipe, or the first one that names it.
    private static bool Uses(string recipe, ExportSummary export)
    {
        string text = Markdown.Read(recipe);
        return export.Kind switch
        {
            "strategy" => Regex.IsMatch(text, $@"^merge_method: {export.Id}\s*$", RegexOptions.Multiline) && Stages.Count(text) == 1,
            "scorer" => Regex.IsMatch(text, $@"scorer: {export.Id}\s*$", RegexOptions.Multiline),
            "builder" => Regex.IsMatch(text, $@"^build:\s*\{{?\s*{export.Id}:", RegexOptions.Multiline),
            "format" => Regex.IsMatch(text, $@"^out_format: {export.Id}\s*$", RegexOptions.Multiline),
            _ => false,
        };
    }

    [GeneratedRegex("^merge_method:", RegexOptions.Multiline)]
    private static partial Regex Stages { get; }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
