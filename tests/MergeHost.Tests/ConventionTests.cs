namespace MergeHost.Tests;

/// <summary>What holds for all types of the host.</summary>
public sealed class ConventionTests
{
    // Without what the compiler adds.
    private static readonly Type[] _types =
        [.. typeof(MergeEngine).Assembly.GetTypes().Where(type => !type.FullName!.Contains('<', StringComparison.Ordinal))];

    [Fact]
    public void Classes_AreSealedOrAbstractOrStatic() =>
        Assert.Empty(_types.Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract).Select(type => type.FullName));

    // Everything that is public must be kept: the engine, what it takes, and the reports that it returns.
    [Fact]
    public void PublicTypes_AreTheEngineWhatItTakesAndReports() =>
        Assert.Equal(
            ["ExtractRequest", "MergeEngine", "MergeOptions", "MergePart", "MergeProgress", "PublishOptions", "ScoreRequest",
                "ScorerSetting", "StatisticsRequest", "ValidationRequest"],
            _types.Where(type => type.IsVisible && type.Namespace != "MergeHost.Reports").Select(type => type.Name)
                .Order(StringComparer.Ordinal));

    [Fact]
    public void PublicTypes_ButTheEngine_AreValues() =>
        Assert.All(
            _types.Where(type => type.IsVisible && type != typeof(MergeEngine)),
            type => Assert.True(type.IsAssignableTo(typeof(IEquatable<>).MakeGenericType(type)), type.FullName));
}
