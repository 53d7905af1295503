using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MergeHost.Analyzers;

/// <summary>Checks that recipes can say every option that an export declares.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OptionAnalyzer : DiagnosticAnalyzer
{
    private static readonly SymbolDisplayFormat _name = SymbolDisplayFormat.CSharpShortErrorMessageFormat;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.Option];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Check, SymbolKind.NamedType);
    }

    private static void Check(SymbolAnalysisContext context)
    {
        // Each contract with options has the record as the parameter TOptions of its interface.
        foreach (INamedTypeSymbol contract in ((INamedTypeSymbol)context.Symbol).AllInterfaces
            .Where(contract => contract.TypeParameters.Length == 1 && contract.TypeParameters[0].Name == "TOptions"))
        {
            if (contract.ContainingAssembly.Name == "MergeHost.Abstractions" && contract.TypeArguments[0] is INamedTypeSymbol options)
            {
                Check(context, options, new HashSet<ISymbol>(SymbolEqualityComparer.Default));
            }
        }
    }

    private static void Check(SymbolAnalysisContext context, INamedTypeSymbol record, HashSet<ISymbol> seen)
    {
        if (!seen.Add(record))
        {
            return;
        }

        if (!record.InstanceConstructors
            .Any(constructor => constructor is { Parameters.IsEmpty: true, DeclaredAccessibility: Accessibility.Public }))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.Option, PlaceOf(record, context), record.Name,
                "it has no constructor without parameters"));
        }

        IEnumerable<IPropertySymbol> options = record.GetMembers().OfType<IPropertySymbol>()
            .Where(property =>
                property is { IsStatic: false, DeclaredAccessibility: Accessibility.Public }
                && property.SetMethod is { DeclaredAccessibility: Accessibility.Public });
        foreach (IPropertySymbol option in options.Where(option => option.Type.Name != "TextPlace"))
        {
            ITypeSymbol value = ValueOf(option.Type);
            if (IsRecord(value))
            {
                Check(context, (INamedTypeSymbol)value, seen);
            }
            else if (!IsScalar(value))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.Option, PlaceOf(option, context), $"{record.Name}.{option.Name}",
                    $"no value of a recipe becomes {value.ToDisplayString(_name)}"));
            }
        }
    }

    // What a list, a dictionary by text, and a value that may be missing hold.
    private static ITypeSymbol ValueOf(ITypeSymbol type) =>
        type is not INamedTypeSymbol { IsGenericType: true } generic ? type : generic switch
        {
            { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T or SpecialType.System_Collections_Generic_IReadOnlyList_T } =>
                ValueOf(generic.TypeArguments[0]),
            { Name: "IReadOnlyDictionary" } when generic.TypeArguments[0].SpecialType == SpecialType.System_String =>
                ValueOf(generic.TypeArguments[1]),
            _ => type,
        };

    private static bool IsScalar(ITypeSymbol type) => type.TypeKind == TypeKind.Enum || type.Name == "AuxiliaryCheckpoint"
        || type.SpecialType is SpecialType.System_Double or SpecialType.System_Int32 or SpecialType.System_Int64
            or SpecialType.System_Boolean or SpecialType.System_String;

    private static bool IsRecord(ITypeSymbol type) =>
        type is INamedTypeSymbol { IsRecord: true, IsReferenceType: true, IsGenericType: false } && !IsScalar(type);

    // An options record of another assembly is named where it is used.
    private static Location PlaceOf(ISymbol symbol, SymbolAnalysisContext context) =>
        symbol.Locations.FirstOrDefault(place => place.IsInSource) ?? context.Symbol.Locations[0];
}
