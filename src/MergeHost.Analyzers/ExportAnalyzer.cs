using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MergeHost.Analyzers;

/// <summary>Checks that classes are what they are exported as, under an id that recipes can have.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ExportAnalyzer : DiagnosticAnalyzer
{
    private static readonly (string Attribute, string Contract)[] _exports =
    [
        ("MergeHost.Strategies.MergeStrategyAttribute", "MergeHost.Strategies.IMergeStrategy"),
        ("MergeHost.Scoring.LayerScorerAttribute", "MergeHost.Scoring.ILayerScorer"),
        ("MergeHost.Checkpoints.CheckpointFormatAttribute", "MergeHost.Checkpoints.ICheckpointFormat"),
        ("MergeHost.Checkpoints.CheckpointStoreAttribute", "MergeHost.Checkpoints.ICheckpointStore"),
        ("MergeHost.Checkpoints.CheckpointTransformAttribute", "MergeHost.Checkpoints.ICheckpointTransform"),
        ("MergeHost.Alignments.ModelAlignmentAttribute", "MergeHost.Alignments.IModelAlignment"),
        ("MergeHost.Builders.ModelBuilderAttribute", "MergeHost.Builders.IModelBuilder"),
        ("MergeHost.Benchmarks.BenchmarkAttribute", "MergeHost.Benchmarks.IBenchmark"),
        ("MergeHost.Runtimes.ModelRuntimeAttribute", "MergeHost.Runtimes.IModelRuntime"),
    ];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.Id, Rules.Contract];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Check, SymbolKind.NamedType);
    }

    private static void Check(SymbolAnalysisContext context)
    {
        INamedTypeSymbol type = (INamedTypeSymbol)context.Symbol;
        foreach (AttributeData attribute in type.GetAttributes())
        {
            string name = attribute.AttributeClass?.ToDisplayString() ?? "";
            string? contract = _exports.FirstOrDefault(export => export.Attribute == name).Contract;
            if (contract is null)
            {
                continue;
            }

            Location? place = attribute.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken).GetLocation();
            if (attribute.ConstructorArguments.FirstOrDefault().Value is string id && !IsId(id))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.Id, place, id));
            }

            string? fault = !type.AllInterfaces.Any(face => face.ToDisplayString() == contract) ? "does not implement it" : type.IsAbstract ? "is abstract" : null;
            if (fault is not null)
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.Contract, type.Locations[0], type.Name, contract.Substring(contract.LastIndexOf('.') + 1), fault));
            }
        }
    }

    private static bool IsId(string text) =>
        text.Length > 0 && text[0] is >= 'a' and <= 'z' && text.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');
}
