namespace MergeHost;

/// <summary>How an output is pushed.</summary>
public sealed record PublishOptions
{
    /// <summary>Whether only its owners see it, if it is new.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Whether it is proposed to the owners, rather than put in place.</summary>
    public bool IsProposal { get; init; }

    /// <summary>What was done, in a line.</summary>
    public string? Message { get; init; }

    /// <summary>Whether an output is pushed that is not what its manifest says.</summary>
    public bool IsUnverified { get; init; }

    /// <summary>Whether an output is pushed whose licence those of its models contradict.</summary>
    public bool AnyLicense { get; init; }
}
