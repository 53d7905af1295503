namespace MergeHost.Plugins.LanguageModel;

/// <summary>How likely a model holds a token to be, given all before it.</summary>
/// <param name="LogLikelihood">In nats.</param>
/// <param name="IsLikeliest">Whether no other token is likelier; of equal ones the one of the least id counts.</param>
internal readonly record struct TokenScore(double LogLikelihood, bool IsLikeliest);
