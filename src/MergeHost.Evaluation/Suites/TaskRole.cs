namespace MergeHost.Evaluation.Suites;

/// <summary>What a task tells of a merge.</summary>
internal enum TaskRole
{
    /// <summary>Whether it can still do what the base could do before.</summary>
    General,

    /// <summary>Whether it can do what its experts were trained for.</summary>
    Domain,

    /// <summary>Neither: the domain of experts that are not part of it.</summary>
    Other,
}
