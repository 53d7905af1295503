using MergeHost.Evaluation.Settings;
using MergeHost.Storage.Text;
using MergeHost.Yaml;

namespace MergeHost.Tests.Evaluation;

public class SettingGridTests
{
    [Fact]
    public void Of_AMethodWithNothingToTry_IsOneSetting()
    {
        StudySetting only = Assert.Single(Of("{merge_method: ties, parameters: {density: [0.1, 0.9]}}"));
        Assert.Empty(only.Values);
        Assert.Equal("{merge_method: ties, parameters: {density: [0.1, 0.9]}}", YamlText.Of(only.Recipe));
    }

    [Fact]
    public void Of_TwoChoices_IsEachCombination()
    {
        IReadOnlyList<StudySetting> settings = Of("{parameters: {weight: {try: [1, 0.5]}, density: {from: 0.1, to: 0.3, step: 0.1}}}");
        Assert.Equal(
            ["weight 1, density 0.1", "weight 1, density 0.2", "weight 1, density 0.3", "weight 0.5, density 0.1",
                "weight 0.5, density 0.2", "weight 0.5, density 0.3"],
            settings.Select(setting => setting.ToString()));
        Assert.Equal("{parameters: {weight: 0.5, density: 0.2}}", YamlText.Of(settings[4].Recipe));
    }

    [Fact]
    public void Of_AChoiceThatIsRepeatedByAnAlias_IsTheSameInAllPlaces()
    {
        IReadOnlyList<StudySetting> settings = Of("{a: {t: &t {try: [0, 1]}}, b: {t: *t}}");
        Assert.Equal(["{a: {t: 0}, b: {t: 0}}", "{a: {t: 1}, b: {t: 1}}"], settings.Select(setting => YamlText.Of(setting.Recipe)));
    }

    [Fact]
    public void Of_ChoicesThatEndWithTheSameWord_AreNamedByTheirPaths() =>
        Assert.Equal("models.0.weight 1, models.1.weight 2",
            Assert.Single(Of("{models: [{weight: {try: [1]}}, {weight: {try: [2]}}]}")).ToString());

    [Fact]
    public void Of_AChoiceAmongMappings_PutsThemInWhole() =>
        Assert.Equal(["{select: {scorer: spear}}", "{select: {scorer: 'a b'}}"],
            Of("{select: {try: [{scorer: spear}, {scorer: 'a b'}]}}").Select(setting => YamlText.Of(setting.Recipe)));

    [Theory]
    [InlineData("{from: 0, to: 1}", "MH1005")]
    [InlineData("{from: a, to: 1, step: 1}", "MH1005")]
    [InlineData("{from: 1, to: 0, step: 1}", "MH1004")]
    [InlineData("{from: 0, to: 1, step: 0.0001}", "MH1004")]
    public void Of_WhatCannotBeTried_IsRefused(string choice, string code)
    {
        List<Problem> problems = [];
        SettingGrid.Of(Load($"{{lambda: {choice}}}"), problems);
        Assert.Equal(code, problems[0].Code.Id);
    }

    [Fact]
    public void Of_TooManyCombinations_IsRefused()
    {
        List<Problem> problems = [];
        Assert.Empty(SettingGrid.Of(Load("{a: {from: 1, to: 100, step: 1}, b: {from: 1, to: 11, step: 1}}"), problems));
        Assert.Equal("MH1004", Assert.Single(problems).Code.Id);
    }

    private static IReadOnlyList<StudySetting> Of(string method)
    {
        List<Problem> problems = [];
        IReadOnlyList<StudySetting> settings = SettingGrid.Of(Load(method), problems);
        Assert.Empty(problems);
        return settings;
    }

    private static YamlMapping Load(string text) => (YamlMapping)Assert.Single(YamlLoader.Load("study.yaml", text, []));
}
