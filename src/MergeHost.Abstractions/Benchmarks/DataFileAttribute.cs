namespace MergeHost.Benchmarks;

/// <summary>Marks an option of a benchmark that names a file; its path starts at <see cref="BenchmarkContext.Folder"/>.</summary>
/// <remarks>The host checks that the file is there before anything is measured, and measures again when its content changes.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DataFileAttribute : Attribute;
