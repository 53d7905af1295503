using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Plugins;

/// <summary>What a plugin can export.</summary>
internal enum ExportKind
{
    Strategy,
    Scorer,
    Format,
    Benchmark,
}

internal static class ExportKinds
{
    /// <summary>The interface that an export of this kind implements.</summary>
    public static Type Contract(this ExportKind kind) => kind switch
    {
        ExportKind.Strategy => typeof(IMergeStrategy),
        ExportKind.Scorer => typeof(ILayerScorer),
        ExportKind.Format => typeof(ICheckpointFormat),
        _ => typeof(IBenchmark),
    };

    /// <summary>The word for it in messages.</summary>
    public static string Word(this ExportKind kind) => kind switch
    {
        ExportKind.Strategy => "strategy",
        ExportKind.Scorer => "scorer",
        ExportKind.Format => "format",
        _ => "benchmark",
    };

    /// <summary>The kind that an attribute exports, or <see langword="null"/> if it is none of the export attributes.</summary>
    /// <param name="attribute">The attribute's full name.</param>
    public static ExportKind? OfAttribute(string attribute)
    {
        if (attribute == typeof(MergeStrategyAttribute).FullName)
        {
            return ExportKind.Strategy;
        }

        if (attribute == typeof(LayerScorerAttribute).FullName)
        {
            return ExportKind.Scorer;
        }

        if (attribute == typeof(CheckpointFormatAttribute).FullName)
        {
            return ExportKind.Format;
        }

        return attribute == typeof(BenchmarkAttribute).FullName ? ExportKind.Benchmark : null;
    }
}
