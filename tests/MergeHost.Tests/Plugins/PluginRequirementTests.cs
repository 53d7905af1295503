using MergeHost.Plugins;
using NuGet.Versioning;

namespace MergeHost.Tests.Plugins;

public sealed class PluginRequirementTests
{
    [Theory]
    [InlineData("ties", "0.0.1 1.2.3 2.0.0-alpha", "")]
    [InlineData("ties@1.2.3", "1.2.3", "1.2.2 1.2.4 1.2.3-rc")]
    [InlineData("ties@^1.2", "1.2.0 1.2.9 1.99.0", "1.1.9 2.0.0 2.0.0-alpha 1.3.0-beta")]
    [InlineData("ties@^1", "1.0.0 1.99.0", "0.9.0 2.0.0")]
    [InlineData("ties@^0.3", "0.3.0 0.3.9", "0.2.9 0.4.0 0.4.0-alpha 1.0.0")]
    [InlineData("ties@^0.0.3", "0.0.3", "0.0.2 0.0.4")]
    [InlineData("ties@^0", "0.0.1 0.9.0", "1.0.0")]
    [InlineData("ties@~1.2", "1.2.0 1.2.9", "1.3.0 1.3.0-alpha 1.1.9")]
    [InlineData("ties@~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0")]
    [InlineData("ties@~1", "1.0.0 1.9.0", "2.0.0")]
    [InlineData("ties@>=1.2", "1.2.0 7.0.0", "1.1.9 7.0.0-beta")]
    [InlineData("ties@>1.2", "1.2.1", "1.2.0")]
    [InlineData("ties@<=2", "2.0.0 0.1.0", "2.0.1")]
    [InlineData("ties@>=1.2 <2", "1.2.0 1.9.9", "1.1.9 2.0.0 2.0.0-alpha")]
    [InlineData("ties @ >= 1.2  < 2", "1.2.0 1.9.9", "2.0.0")]
    [InlineData("ties@[1.0,2.0)", "1.0.0 1.9.0", "2.0.0 2.0.0-alpha 0.9.0")]
    [InlineData("ties@(1.0,2.0]", "1.0.1 2.0.0", "1.0.0 2.0.1")]
    [InlineData("ties@^1.2.0-beta.2", "1.2.0-beta.2 1.2.0-rc 1.2.0 1.3.0", "1.2.0-beta.1 2.0.0-alpha 2.0.0")]
    [InlineData("ties@>=1.0 <2.0.0-beta", "1.5.0 2.0.0-alpha", "2.0.0-beta 2.0.0")]
    public void Accepts_ForEachForm_TakesTheVersionsInItAndNoOthers(string text, string accepted, string refused)
    {
        Assert.True(PluginRequirement.TryParse(text, out PluginRequirement? requirement, out string? error), error);

        Assert.Equal("ties", requirement.Id);
        Assert.All(Versions(accepted), version => Assert.True(requirement.Accepts(version), $"{text} refused {version}"));
        Assert.All(Versions(refused), version => Assert.False(requirement.Accepts(version), $"{text} accepted {version}"));
    }

    [Theory]
    [InlineData("ties@1.*", "floats")]
    [InlineData("ties@*", "floats")]
    [InlineData("ties@[1.*,2.0)", "floats")]
    [InlineData("ties@1.2", "'1.2' is not a range")]
    [InlineData("ties@", "'' is not a range")]
    [InlineData("ties@^", "'^' is not a range")]
    [InlineData("ties@^v1", "'^v1' is not a range")]
    [InlineData("ties@latest", "'latest' is not a range")]
    [InlineData("ties@>=1 >=2", "'>=1 >=2' is not a range")]
    [InlineData("ties@>=1 <", "'>=1 <' is not a range")]
    [InlineData("ties@^2147483647", "is not a range")]
    [InlineData("ties@>=2 <2", "no version lies in '>=2 <2'")]
    [InlineData("ties@(2.0,2.0)", "no version lies in")]
    [InlineData("task_arithmetic@1.0.0", "'task_arithmetic' is not the id of a plugin")]
    [InlineData("@1.0.0", "'' is not the id of a plugin")]
    public void TryParse_WhenTheTextCannotBeMeant_SaysWhatItSaw(string text, string reason)
    {
        Assert.False(PluginRequirement.TryParse(text, out _, out string? error));

        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    private static IEnumerable<NuGetVersion> Versions(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(NuGetVersion.Parse);
}
