using MergeHost.Alignments;
using MergeHost.Benchmarks;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;
using MergeHost.Scoring;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Metadata;

/// <summary>What a plugin can export.</summary>
internal enum ExportKind
{
    Strategy,
    Scorer,
    Format,
    Benchmark,
    Runtime,
    Transform,
    Store,
    Builder,
    Alignment,
}

internal static class ExportKinds
{
    /// <summary>The interface that an export of this kind implements.</summary>
    public static Type Contract(this ExportKind kind) => kind switch
    {
        ExportKind.Strategy => typeof(IMergeStrategy),
        ExportKind.Scorer => typeof(ILayerScorer),
        ExportKind.Format => typeof(ICheckpointFormat),
        ExportKind.Benchmark => typeof(IBenchmark),
        ExportKind.Transform => typeof(ICheckpointTransform),
        ExportKind.Store => typeof(ICheckpointStore),
        ExportKind.Builder => typeof(IModelBuilder),
        ExportKind.Alignment => typeof(IModelAlignment),
        _ => typeof(IModelRuntime),
    };

    /// <summary>The word for it in messages.</summary>
    public static string Word(this ExportKind kind) => kind switch
    {
        ExportKind.Strategy => "strategy",
        ExportKind.Scorer => "scorer",
        ExportKind.Format => "format",
        ExportKind.Benchmark => "benchmark",
        ExportKind.Transform => "transform",
        ExportKind.Store => "store",
        ExportKind.Builder => "builder",
        ExportKind.Alignment => "alignment",
        _ => "runtime",
    };

    /// <summary>The code of what a plugin's export of this kind does wrong.</summary>
    public static ErrorCode Failure(this ExportKind kind) => kind switch
    {
        ExportKind.Strategy => ErrorCodes.StrategyFailed,
        ExportKind.Scorer => ErrorCodes.ScorerFailed,
        ExportKind.Transform => ErrorCodes.TransformBroken,
        ExportKind.Store => ErrorCodes.StoreBroken,
        ExportKind.Builder => ErrorCodes.BuilderBroken,
        ExportKind.Alignment => ErrorCodes.AlignmentBroken,
        _ => ErrorCodes.PluginFailed,
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

        if (attribute == typeof(BenchmarkAttribute).FullName)
        {
            return ExportKind.Benchmark;
        }

        if (attribute == typeof(CheckpointTransformAttribute).FullName)
        {
            return ExportKind.Transform;
        }

        if (attribute == typeof(CheckpointStoreAttribute).FullName)
        {
            return ExportKind.Store;
        }

        if (attribute == typeof(ModelBuilderAttribute).FullName)
        {
            return ExportKind.Builder;
        }

        if (attribute == typeof(ModelAlignmentAttribute).FullName)
        {
            return ExportKind.Alignment;
        }

        return attribute == typeof(ModelRuntimeAttribute).FullName ? ExportKind.Runtime : null;
    }
}
