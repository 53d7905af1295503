namespace MergeHost.Strategies;

/// <summary>Marks an option that may differ from source to source, such as a weight; others hold for the whole tensor.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PerSourceAttribute : Attribute;
