using Microsoft.CodeAnalysis;

namespace MergeHost.Analyzers;

/// <summary>What the compiler says of plugins.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor Id = Rule(
        "MH0010", "An id is no lower snake case",
        "'{0}' is no id: recipes name exports by lower-case letters, digits and underscores, beginning with a letter",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor NotInlined = Rule(
        "MH0011", "A kernel is not inlined",
        "'{0}' lacks [MethodImpl(MethodImplOptions.AggressiveInlining)]; without, the kernel is several times slower",
        DiagnosticSeverity.Warning);

    public static readonly DiagnosticDescriptor Option = Rule(
        "MH0012", "An option is of a type that recipes cannot say",
        "'{0}' is no option: {1}; options are double, int, long, bool, string, enumerations, AuxiliaryCheckpoint, records of these, and "
            + "IReadOnlyList and IReadOnlyDictionary<string, …> of all of them",
        DiagnosticSeverity.Error);

    public static readonly DiagnosticDescriptor Contract = Rule(
        "MH0013", "An export is not what it is exported as", "'{0}' is exported as {1} and {2}", DiagnosticSeverity.Error);

    public static readonly DiagnosticDescriptor Slot = Rule(
        "MH0014", "A kernel reads a parameter that there is not", "slot {0} is read, and the kernel's parameters have {1}",
        DiagnosticSeverity.Error, WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor Streams = Rule(
        "MH0015", "A kernel draws random numbers that there are not", "'{0}' draws random numbers, and its parameters set no Streams",
        DiagnosticSeverity.Error, WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor Allocation = Rule(
        "MH0016", "A kernel allocates memory, or draws random numbers of its own", "{0} in a kernel, which runs for every element",
        DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Rule(string id, string title, string message, DiagnosticSeverity severity, params string[] tags) =>
        new(id, title, message, "MergeHost", severity, isEnabledByDefault: true, customTags: tags);
}
