using System.Composition;

namespace MergeHost.Strategies;

/// <summary>What <c>base_model</c> is to a strategy.</summary>
public enum BaseUse
{
    /// <summary>Nothing: it gives configuration and tokenizer, and takes part only if it is listed as a source.</summary>
    None,

    /// <summary>The origin of task vectors, or one end: it must be named, and is not counted among the sources.</summary>
    Required,

    /// <summary>As <see cref="Required"/> when it is named; it may be left out.</summary>
    Optional,
}

/// <summary>Exports an <see cref="IMergeStrategy"/> under the name that recipes use.</summary>
/// <param name="id">The name in the field's own words: lower snake case, such as <c>task_arithmetic</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MergeStrategyAttribute(string id) : ExportAttribute(typeof(IMergeStrategy))
{
    /// <summary>The name in recipes, as <c>merge_method</c>.</summary>
    public string Id { get; } = id;

    /// <summary>What <c>base_model</c> is to the strategy; nothing by default.</summary>
    public BaseUse Base { get; set; } = BaseUse.None;

    /// <summary>The fewest sources besides the base, at least 1; 1 by default.</summary>
    public int MinSources { get; set; } = 1;

    /// <summary>The most sources besides the base; no bound by default.</summary>
    public int MaxSources { get; set; } = int.MaxValue;
}
