namespace MergeHost.Runtimes;

/// <summary>How likely a model holds a token to be, given all before it.</summary>
/// <param name="LogLikelihood">In nats, 0 at most.</param>
/// <param name="IsLikeliest">Whether no other token is likelier; of equal ones the one of the least id counts.</param>
public readonly record struct TokenScore(double LogLikelihood, bool IsLikeliest);
