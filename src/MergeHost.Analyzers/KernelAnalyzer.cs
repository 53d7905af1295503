using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace MergeHost.Analyzers;

/// <summary>Checks kernels: that they are inlined, read only what their parameters have, and do nothing but arithmetic.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelAnalyzer : DiagnosticAnalyzer
{
    private static readonly HashSet<string> _faces = ["MergeHost.Lanes.IElementwiseKernel", "MergeHost.Lanes.IReduceKernel",
        "MergeHost.Kernels.Methods.IThinning"];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.NotInlined, Rules.Slot, Rules.Streams,
        Rules.Allocation];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            ConcurrentBag<Reading> readings = [];
            ConcurrentBag<Table> tables = [];
            start.RegisterSymbolAction(CheckInlining, SymbolKind.Method);
            start.RegisterOperationAction(operation => Look(operation, readings, tables), OperationKind.Invocation);
            start.RegisterOperationAction(CheckAllocation, OperationKind.ObjectCreation, OperationKind.ArrayCreation,
                OperationKind.AnonymousFunction, OperationKind.InterpolatedString);
            start.RegisterCompilationEndAction(end => Compare(end, readings, tables));
        });
    }

    private static void CheckInlining(SymbolAnalysisContext context)
    {
        IMethodSymbol method = (IMethodSymbol)context.Symbol;
        if (IsKernel(method) && !method.MethodImplementationFlags.HasFlag(MethodImplAttributes.AggressiveInlining))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.NotInlined, method.Locations[0],
                $"{method.ContainingType.Name}.{method.Name}"));
        }
    }

    private static void CheckAllocation(OperationAnalysisContext context)
    {
        if (!IsKernel(context.ContainingSymbol)
            || context.Operation.Parent is IThrowOperation or IAttributeOperation or IConversionOperation { Parent: IThrowOperation }
            || context.Operation is IObjectCreationOperation { Type.IsValueType: true })
        {
            return;
        }

        string what = context.Operation switch
        {
            IObjectCreationOperation creation => $"new {creation.Type?.Name}",
            IArrayCreationOperation => "a new array",
            IAnonymousFunctionOperation => "a lambda",
            _ => "an interpolated string",
        };
        context.ReportDiagnostic(Diagnostic.Create(Rules.Allocation, context.Operation.Syntax.GetLocation(), what));
    }

    private static void Look(OperationAnalysisContext context, ConcurrentBag<Reading> readings, ConcurrentBag<Table> tables)
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        string owner = call.TargetMethod.ContainingType.OriginalDefinition.ToDisplayString();
        if (owner == "MergeHost.Lanes.IKernelContext<V>" && IsKernel(context.ContainingSymbol)
            && call.TargetMethod.Name is ("P" or "Uniform"))
        {
            int? slot = call.TargetMethod.Name == "P"
                ? Constant(call.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == "slot")?.Value)
                : null;
            readings.Add(new Reading(context.ContainingSymbol.ContainingType.OriginalDefinition, call.TargetMethod.Name == "Uniform", slot,
                call.Syntax.GetLocation()));
        }
        else if (owner == "MergeHost.Strategies.Treatment" && call.TargetMethod is { Name: "Elementwise" } method
            && method.TypeArguments.FirstOrDefault() is INamedTypeSymbol kernel
            && Unconverted(call.Arguments.FirstOrDefault()?.Value) is IObjectCreationOperation parameters)
        {
            tables.Add(new Table(
                kernel.OriginalDefinition,
                Constant(parameters.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == "slots")?.Value),
                parameters.Initializer?.Initializers
                    .Any(part =>
                        part is ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: "Streams" } }) == true,
                parameters.Syntax.GetLocation()));
        }
        else if (owner == "System.Random" && IsKernel(context.ContainingSymbol))
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.Allocation, call.Syntax.GetLocation(), "System.Random"));
        }
    }

    private static void Compare(CompilationAnalysisContext context, IEnumerable<Reading> readings, IEnumerable<Table> tables)
    {
        foreach (Table table in tables)
        {
            foreach (Reading reading in readings.Where(reading => SymbolEqualityComparer.Default.Equals(reading.Kernel, table.Kernel)))
            {
                if (reading.Slot is { } slot && table.Slots is { } slots && (slot < 0 || slot >= slots))
                {
                    context.ReportDiagnostic(Diagnostic.Create(Rules.Slot, reading.Place, slot, slots));
                }

                if (reading.IsRandom && !table.SetsStreams)
                {
                    context.ReportDiagnostic(Diagnostic.Create(Rules.Streams, table.Place, table.Kernel.Name));
                }
            }
        }
    }

    // A static method of a kernel that the host calls for each element.
    private static bool IsKernel(ISymbol symbol) =>
        symbol is IMethodSymbol { IsStatic: true, ContainingType.TypeKind: TypeKind.Struct } method
            && method.ContainingType.AllInterfaces.Where(face => _faces.Contains(face.ToDisplayString()))
                .SelectMany(face => face.GetMembers())
                    .Any(member => SymbolEqualityComparer.Default
                        .Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method));

    private static int? Constant(IOperation? value) => value?.ConstantValue is { HasValue: true, Value: int number } ? number : null;

    private static IOperation? Unconverted(IOperation? value) => value is IConversionOperation conversion ? conversion.Operand : value;

    private sealed class Reading(INamedTypeSymbol kernel, bool isRandom, int? slot, Location place)
    {
        public INamedTypeSymbol Kernel => kernel;

        public bool IsRandom => isRandom;

        public int? Slot => slot;

        public Location Place => place;
    }

    private sealed class Table(INamedTypeSymbol kernel, int? slots, bool setsStreams, Location place)
    {
        public INamedTypeSymbol Kernel => kernel;

        public int? Slots => slots;

        public bool SetsStreams => setsStreams;

        public Location Place => place;
    }
}
