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

    // Everything that is public must be kept: the engine, and what it takes and returns.
    [Fact]
    public void PublicTypes_AreTheEngineAndWhatItTakesAndReturns() =>
        Assert.Equal(
            [
                "AlignmentSummary", "CacheSummary", "CheckpointSummary", "ChoiceSummary", "ComparisonReport", "Distance", "DownloadSummary", "EvaluationRequest",
                "EvaluationSummary", "ExportSummary", "KeptAbility", "LayerDistance", "ManifestChoice",
                "ManifestFile", "ManifestInput", "ManifestInputFile", "ManifestPlugin", "ManifestSelection", "ManifestStage",
                "ManifestTensor", "MergeEngine", "MergeManifest", "MergeOptions", "MergeProgress",
                "MetricSummary", "ModelSummary", "OptionSummary", "PairComparison", "PairedResult", "PlanSummary",
                "PluginSummary", "PluginsSummary", "PublishOptions", "RankCorrelation", "RemoteSummary", "RestorationCurve", "RestorationPoint", "RunComparison",
                "ScoreReport", "ScoreRequest", "ScoreSummary", "ScoreValidation", "ScoredTensor",
                "ScorerAgreement", "ScorerSetting", "ScorerSummary", "SelectionSummary", "ShareInterval", "StageSummary",
                "StudyMean", "StudyPoint", "StudySummary", "SwappedUnit", "TaskChange", "TaskSummary",
                "TaskVectorDistance", "TensorAccount", "TensorDistance", "TensorSummary", "TiedSet", "TuningComparison", "TuningSummary",
                "TuningTry", "ValidationRequest", "WindowCheckpoint",
            ],
            _types.Where(type => type.IsVisible).Select(type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void PublicTypes_ButTheEngine_AreValues() =>
        Assert.All(
            _types.Where(type => type.IsVisible && type != typeof(MergeEngine)),
            type => Assert.True(type.IsAssignableTo(typeof(IEquatable<>).MakeGenericType(type)), type.FullName));
}
