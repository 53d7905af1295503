using System.Collections.Immutable;
using System.Composition;
using MergeHost.Analyzers;
using MergeHost.Strategies;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MergeHost.Tests.Analyzers;

/// <summary>Each rule speaks where it must, and nowhere else.</summary>
public sealed class AnalyzerTests
{
    private const string Inlined = "[MethodImpl(MethodImplOptions.AggressiveInlining)]";

    [Fact]
    public async Task AKernelThatIsRight_HasNothingSaidOfIt() =>
        Assert.Empty(await Analyze(Strategy(Inlined, "c.Base + c.P(0) * c.Uniform(0)", "new(1, 1) { Streams = 1, [0, 0] = 1f }")));

    [Theory]
    [InlineData("", "c.Base", "new(1, 1)", "MH0011")]
    [InlineData(Inlined, "c.P(1)", "new(slots: 1, sources: 1)", "MH0014")]
    [InlineData(Inlined, "c.P(Top, 0)", "new KernelParameters(2, 1)", "MH0014")]
    [InlineData(Inlined, "c.Uniform(0)", "new(1, 1) { [0, 0] = 1f }", "MH0015")]
    [InlineData(Inlined, "V.Of(new float[1].Length)", "new(1, 1)", "MH0016")]
    [InlineData(Inlined, "V.Of(System.Random.Shared.NextSingle())", "new(1, 1)", "MH0016")]
    [InlineData(Inlined, "V.Of(new List<int>().Count)", "new(1, 1)", "MH0016")]
    [InlineData(Inlined, "V.Of($\"{c.SourceCount}\".Length)", "new(1, 1)", "MH0016")]
    public async Task AKernelThatIsWrong_IsNamed(string attribute, string formula, string parameters, string code) =>
        Assert.Equal([code], await Analyze(Strategy(attribute, formula, parameters)));

    // What is not known while compiling is left to the run, which checks it, too.
    [Theory]
    [InlineData("c.P(c.SourceCount)", "new(1, 1)")]
    [InlineData("c.P(1)", "Table()")]
    [InlineData("c.P(1)", "new(System.Environment.ProcessorCount, 1)")]
    public async Task AKernelWhoseTableIsNotKnown_HasNothingSaidOfIt(string formula, string parameters) =>
        Assert.Empty(await Analyze(Strategy(Inlined, formula, parameters)));

    [Theory]
    [InlineData("""[MergeStrategy("Acme-Lerp")] public sealed class S : IMergeStrategy<O> { public Treatment Merge(TensorGroup<O> group) """
        + """=> Treatment.CopyBase(); }""", "MH0010")]
    [InlineData("""[MergeStrategy("1st")] public sealed class S : IMergeStrategy<O> { public Treatment Merge(TensorGroup<O> group) => """
        + """Treatment.CopyBase(); }""", "MH0010")]
    [InlineData("""[MergeStrategy("acme")] public sealed class S;""", "MH0013")]
    [InlineData("""[MergeStrategy("acme")] public abstract class S : IMergeStrategy<O> { public abstract Treatment Merge(TensorGroup<O> """
        + """group); }""", "MH0013")]
    [InlineData("""[CheckpointStore("acme")] public sealed class S : IMergeStrategy<O> { public Treatment Merge(TensorGroup<O> group) => """
        + """Treatment.CopyBase(); }""", "MH0013")]
    [InlineData("""[MergeStrategy("acme_2")] public sealed class S : IMergeStrategy<O> { public Treatment Merge(TensorGroup<O> group) => """
        + """Treatment.CopyBase(); }""", null)]
    public async Task AnExport_IsWhatItIsExportedAs(string type, string? code) =>
        Assert.Equal(code is null ? [] : [code], await Analyze($"public sealed record O; {type}"));

    [Theory]
    [InlineData("float Density { get; init; }", "MH0012")]
    [InlineData("decimal? Density { get; init; }", "MH0012")]
    [InlineData("double[] Weights { get; init; } = [];", "MH0012")]
    [InlineData("List<double> Weights { get; init; } = [];", "MH0012")]
    [InlineData("IReadOnlyList<float> Weights { get; init; } = [];", "MH0012")]
    [InlineData("IReadOnlyDictionary<int, double> Weights { get; init; } = null!;", "MH0012")]
    [InlineData("System.TimeSpan Time { get; init; }", "MH0012")]
    [InlineData("object? Any { get; init; }", "MH0012")]
    [InlineData("IReadOnlyList<Part> Parts { get; init; } = []; public sealed record Part { public float X { get; init; } }", "MH0012")]
    [InlineData("double X { get; init; } public O(double x) => X = x;", "MH0012")]
    [InlineData("double Density { get; init; } public int? Count { get; init; } public long Bytes { get; init; } public bool Is { get; "
        + "init; } public string? Name { get; init; }", null)]
    [InlineData("Kind What { get; init; } public enum Kind { A, B }", null)]
    [InlineData("IReadOnlyList<Part> Parts { get; init; } = []; public sealed record Part { public double X { get; init; } public "
        + "IReadOnlyList<Part> More { get; init; } = []; }", null)]
    [InlineData("IReadOnlyDictionary<string, IReadOnlyList<double>> Weights { get; init; } = null!;", null)]
    [InlineData("AuxiliaryCheckpoint? Statistics { get; init; }", null)]
    [InlineData("float Made => 1; private float Inner { get; set; }", null)]
    public async Task AnOption_IsOfATypeThatRecipesCanSay(string member, string? code) =>
        Assert.Equal(code is null ? [] : [code], await Analyze(
            $$"""public sealed record O { public {{member}} } """
                + """[MergeStrategy("acme")] public sealed class S : IMergeStrategy<O> { public Treatment Merge(TensorGroup<O> group) => """
                + """Treatment.CopyBase(); }"""));

    public static TheoryData<Type> Exports =>
        [.. typeof(MergeStrategyAttribute).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ExportAttribute)))];

    [Theory]
    [MemberData(nameof(Exports))]
    public async Task AnExportOfEachContract_ThatDoesNotImplementIt_IsNamed(Type attribute) =>
        Assert.Equal(["MH0013"], await Analyze($"""[{attribute.FullName}("acme")] public sealed class S;"""));

    [Fact]
    public void Rules_AreAllInTheReadme()
    {
        string readme = Readme.Document.Read("src/MergeHost.Abstractions/README.md");
        IEnumerable<DiagnosticDescriptor> rules = new DiagnosticAnalyzer[] { new ExportAnalyzer(), new KernelAnalyzer(),
            new OptionAnalyzer() }.SelectMany(analyzer => analyzer.SupportedDiagnostics);
        Assert.All(rules, rule => Assert.Contains($"| {rule.Id} | {rule.Title} |", readme, StringComparison.Ordinal));
    }

    private static string Strategy(string attribute, string formula, string parameters) => $$"""
        public sealed record O;

        [MergeStrategy("acme")]
        public sealed class S : IMergeStrategy<O>
        {
            public Treatment Merge(TensorGroup<O> group) => Treatment.Elementwise<Kernel>({{parameters}});

            private static KernelParameters Table() => new(2, 1);

            private readonly struct Kernel : IElementwiseKernel
            {
                private const int Top = 2;

                {{attribute}}
                public static V Apply<V, C>(in C c) where V : struct, IVec<V> where C : struct, IKernelContext<V> => {{formula}};
            }
        }
        """;

    private static async Task<string[]> Analyze(string source)
    {
        const string usings =
            "using System.Collections.Generic; using System.Runtime.CompilerServices; using MergeHost.Checkpoints; using MergeHost.Lanes; "
                + "using MergeHost.Strategies;";
        IEnumerable<string> assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Acme", [CSharpSyntaxTree.ParseText(usings + source)], assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        ImmutableArray<Diagnostic> diagnostics = await compilation.WithAnalyzers([new ExportAnalyzer(), new KernelAnalyzer(),
            new OptionAnalyzer()]).GetAllDiagnosticsAsync();
        Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Id == "AD0001");
        return [.. diagnostics.Where(diagnostic => diagnostic.Id.StartsWith("MH", StringComparison.Ordinal))
            .Select(diagnostic => diagnostic.Id).Distinct()];
    }
}
