using System.Reflection;
using MergeHost.Alignments;
using MergeHost.Benchmarks;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Scoring;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests;

/// <summary>What holds for all that the plugins of this repository export.</summary>
public sealed class ConventionTests
{
    private static readonly string _plugins = typeof(ConventionTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "Plugins").Value!;

    // Every assembly beside the tests that is marked as a plugin.
    private static readonly Type[] _types =
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "MergeHost.Plugins.*.dll").Order(StringComparer.Ordinal)
            .Select(Assembly.LoadFrom)
            .Where(assembly => assembly.IsDefined(typeof(MergeHostPluginAttribute))).SelectMany(assembly => assembly.GetTypes()),
    ];

    [Fact]
    public void Plugins_OfTheRepository_AreAllTestedHere() =>
        Assert.Equal(
            Directory.EnumerateFiles(_plugins, "*.csproj", SearchOption.AllDirectories)
                .Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal),
            _types.Select(type => type.Assembly.GetName().Name!).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Exports_AreAllNamedInTheReadmeWithTheirPlugin()
    {
        string readme = File.ReadAllText(Path.Combine(_plugins, "README.md"));
        IEnumerable<string> rows = _types
            .SelectMany(type => type.GetCustomAttributes(), (type, attribute) => (type, id: IdOf(attribute)))
            .Where(export => export.id is not null)
            .Select(export => $"| {export.type.Assembly.GetCustomAttribute<MergeHostPluginAttribute>()!.Id} | `{export.id}` |");
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.Contains(row, readme, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(typeof(MergeStrategyAttribute))]
    [InlineData(typeof(LayerScorerAttribute))]
    [InlineData(typeof(CheckpointFormatAttribute))]
    [InlineData(typeof(CheckpointTransformAttribute))]
    [InlineData(typeof(CheckpointStoreAttribute))]
    [InlineData(typeof(ModelBuilderAttribute))]
    [InlineData(typeof(ModelAlignmentAttribute))]
    public void Exports_AllHaveAContractTest(Type attribute)
    {
        IEnumerable<Type> tested = typeof(ConventionTests).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(Conformance)))
                .SelectMany(BaseTypes).Where(type => type.IsGenericType).SelectMany(type => type.GetGenericArguments()).Distinct();
        Assert.Equal(
            _types.Where(type => type.IsDefined(attribute)).Select(type => type.FullName)
                .Order(StringComparer.Ordinal),
            tested.Where(type => type.IsDefined(attribute)).Select(type => type.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ExportedTypes_AreSealed() =>
        Assert.All(
            _types.Where(type => type.GetCustomAttributes().Any(attribute => IdOf(attribute) is not null)),
            type => Assert.True(type.IsSealed, type.FullName));

    private static IEnumerable<Type> BaseTypes(Type type) => type.BaseType is { } inner ? BaseTypes(inner).Append(inner) : [];

    private static string? IdOf(Attribute attribute) => attribute switch
    {
        MergeStrategyAttribute strategy => strategy.Id,
        LayerScorerAttribute scorer => scorer.Id,
        CheckpointFormatAttribute format => format.Id,
        CheckpointTransformAttribute transform => transform.Id,
        CheckpointStoreAttribute store => store.Id,
        ModelBuilderAttribute builder => builder.Id,
        ModelAlignmentAttribute alignment => alignment.Id,
        BenchmarkAttribute benchmark => benchmark.Id,
        _ => null,
    };
}
