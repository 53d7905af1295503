using MergeHost.Recipes;
using MergeHost.Recipes.Reading;

namespace MergeHost.Tests.Recipes;

public sealed class SelectionReaderTests
{
    [Fact]
    public void Read_WhenASelectionIsGiven_KeepsScorersOptionsAndSettings()
    {
        List<Problem> problems = [];
        RecipeSelection selection = Read("{scorer: spear, options: {w: 0.7}, fraction: 0.3, others: base}", problems);
        Assert.Empty(problems);
        Assert.Equal("spear", Assert.Single(selection.Scorers).Text);
        Assert.Equal(("w", "0.7"), Assert.Single(selection.Options["spear"]) is var (name, value) ? (name.Text, value.Text) : default);
        Assert.Equal(["fraction", "others"], selection.Settings.Settings.Keys);
    }

    [Fact]
    public void Read_WhenSeveralScorersAreGiven_TakesOptionsByName()
    {
        List<Problem> problems = [];
        RecipeSelection selection = Read("{scorer: [snr, svdr], options: {svdr: {reading: rank}}, top: 1}", problems);
        Assert.Empty(problems);
        Assert.Equal(["snr", "svdr"], selection.Scorers.Select(scorer => scorer.Text));
        Assert.Equal("reading", Assert.Single(selection.Options["svdr"]).Name.Text);
    }

    [Theory]
    [InlineData("{fraction: 0.3}", "MH1006", 3, 9, "'scorer' is missing")]
    [InlineData("{scorer: snr}", "MH1006", 3, 9, "'fraction' is missing")]
    [InlineData("{scorer: snr, fracton: 0.3, top: 1}", "MH1003", 3, 23, "selections have no field 'fracton'")]
    [InlineData("{scorer: snr, fraction: 1.5}", "MH1004", 3, 33, "fraction is 1.5; it must be in [0, 1]")]
    [InlineData("{scorer: snr, top: -1}", "MH1004", 3, 28, "top is -1; it must be in [0, 2147483647]")]
    [InlineData("{scorer: snr, top: 1, unit: block}", "MH1005", 3, 37, "unit is 'block'; it must be module or layer")]
    [InlineData("{scorer: snr, policy: bold}", "MH1005", 3, 31, "policy is 'bold'; it must be conservative or balanced or aggressive")]
    [InlineData("{scorer: snr, top: 1, fraction: 0.5}", "MH1009", 3, 23, "'fraction' and 'top' exclude each other")]
    [InlineData("{scorer: snr, fraction: [0.1, 0.5]}", "MH1005", 3, 23,
        "'fraction' must be a single value, or a list of `filter:` and `value:`")]
    [InlineData("{scorer: snr, top: 1, unit: [{filter: q, value: layer}]}", "MH1005", 3, 31, "'unit' must be a single value")]
    [InlineData("{scorer: {snr: 1}, top: 1}", "MH1005", 3, 18, "'scorer' must be a name, or a list of names, found a mapping")]
    [InlineData("{scorer: snr, top: 1, options: {w: [1]}}", "MH1005", 3, 44, "option 'w' must be a single value, found a list")]
    [InlineData("{scorer: [snr, svdr], top: 1, options: {reading: rank}}", "MH1003", 3, 49,
        "options of several scorers have no field 'reading'")]
    [InlineData("[snr]", "MH1005", 3, 9, "select must be a mapping of fields, found a list")]
    public void Read_WhenASelectionIsWrong_SaysWhereAndWhy(string select, string code, int line, int column, string message)
    {
        List<Problem> problems = [];
        Read(select, problems);
        Assert.Equal((code, new TextPlace("recipe.yaml", line, column), message),
            (problems[0].Code.Id, problems[0].Place, problems[0].Message));
    }

    private static RecipeSelection Read(string select, List<Problem> problems) =>
        RecipeReader.Read("recipe.yaml", $"merge_method: slerp\nmodels: [{{model: a}}]\nselect: {select}\n", problems).Stages[0].Selection!;
}
