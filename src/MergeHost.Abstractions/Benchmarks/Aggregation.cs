namespace MergeHost.Benchmarks;

/// <summary>How the scores of items make the value of a task, so that it can be computed again for some of them.</summary>
public enum Aggregation
{
    /// <summary><c>Σ score / Σ weight</c>: the share of right answers, for example.</summary>
    Mean,

    /// <summary><c>exp(−Σ score / Σ weight)</c>: the perplexity of log-likelihoods in nats.</summary>
    Perplexity,
}
