using System.Composition;

namespace MergeHost.Benchmarks;

/// <summary>Exports an <see cref="IBenchmark"/> under the name that recipes use.</summary>
/// <param name="id">The name in the field's own words: lower snake case, such as <c>perplexity</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BenchmarkAttribute(string id) : ExportAttribute(typeof(IBenchmark))
{
    /// <summary>The name in recipes.</summary>
    public string Id { get; } = id;

    /// <summary>Whether the benchmark asks <see cref="BenchmarkContext.Model"/>, and what it measures depends on the runtime;
    /// <see langword="false"/> by default.</summary>
    public bool UsesModel { get; set; }
}
