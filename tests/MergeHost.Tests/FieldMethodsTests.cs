namespace MergeHost.Tests;

public sealed class FieldMethodsTests
{
    private static readonly string[] _installed = ["linear", "ties", "dare_linear", "task_arithmetic", "tsv_m"];

    // By its letters 'lines' would be 'linear', and 'tsv' would be 'ties'.
    [Theory]
    [InlineData("lines", "LiNeS", "'task_arithmetic'")]
    [InlineData("tsv", "task singular vectors", "'tsv_m'")]
    [InlineData("lerp", "a straight line", "'linear'")]
    [InlineData("Add-Difference", "SuperMerger", "'task_arithmetic'")]
    [InlineData("cabs", "CABS", "Choose another method")]
    [InlineData("karcher", "a method of mergekit that no installed plugin has", "Choose another method")]
    public void Explain_OfAMethodOfTheField_SaysWhatItIsAndWhatIsNearest(string name, string what, string hint)
    {
        (string Message, string Hint)? explained = FieldMethods.Explain(name, _installed, "list");
        Assert.Contains(what, explained?.Message, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", explained?.Message, StringComparison.Ordinal);
        Assert.StartsWith(hint[0] == '\'' ? $"Take {hint}" : hint, explained?.Hint, StringComparison.Ordinal);
        Assert.EndsWith("; list", explained?.Hint, StringComparison.Ordinal);
    }

    // By its letters 'drop_rate' would be nothing, 'trim' would be 't'.
    [Theory]
    [InlineData("drop_rate", "the share that is dropped", "1 less the drop rate")]
    [InlineData("trim", "the share that TIES keeps", "`density:`")]
    [InlineData("filter", "a part of a condition", "weight: [{filter: mlp")]
    public void ExplainParameter_OfAWordOfTheField_SaysWhatToWrite(string name, string what, string hint)
    {
        (string What, string Hint)? explained = FieldMethods.ExplainParameter(name, ["weight", "density"]);
        Assert.Equal(what, explained?.What);
        Assert.Contains(hint, explained?.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ratio")]
    [InlineData("densty")]
    public void ExplainParameter_OfAnythingElse_SaysNothing(string name) =>
        Assert.Null(FieldMethods.ExplainParameter(name, ["weight", "density"]));

    [Theory]
    [InlineData("tiess")]
    [InlineData("ties")]
    [InlineData("dare-linear")]
    public void Explain_OfAnythingElse_SaysNothing(string name) => Assert.Null(FieldMethods.Explain(name, _installed, "list"));
}
