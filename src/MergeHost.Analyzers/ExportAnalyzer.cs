using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MergeHost.Analyzers;

/// <summary>Checks that classes are what they are exported as, under an id that recipes can have.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ExportAnalyzer : DiagnosticAnalyzer
{
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
            // Each stands beside its contract: XAttribute beside IX.
            if (attribute.AttributeClass is not
                {
                    BaseType.Name: "ExportAttribute",
                    ContainingAssembly.Name: "MergeHost.Abstractions",
                } export
                || export.ContainingNamespace.GetTypeMembers($"I{export.Name.Replace("Attribute", "")}", arity: 0)
                    .FirstOrDefault() is not { } contract)
            {
                continue;
            }

            Location? place = attribute.ApplicationSyntaxReference?.GetSyntax(context.CancellationToken).GetLocation();
            if (attribute.ConstructorArguments.FirstOrDefault().Value is string id && !IsId(id))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.Id, place, id));
            }

            string? fault = !type.AllInterfaces.Contains(contract, SymbolEqualityComparer.Default)
                ? "does not implement it"
                : type.IsAbstract ? "is abstract" : null;
            if (fault is not null)
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.Contract, type.Locations[0], type.Name, contract.Name, fault));
            }
        }
    }

    private static bool IsId(string text) =>
        text.Length > 0 && text[0] is >= 'a' and <= 'z' && text.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');
}
