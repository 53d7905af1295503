namespace MergeHost.Strategies;

/// <summary>A strategy's refusal to merge tensors that it is given.</summary>
public sealed class MergeException(Problem problem) : MergeHostException([problem])
{
    /// <summary>Parameters or tensors that the strategy has no result for, such as weights that sum to zero.</summary>
    /// <param name="message">What is wrong: expected and found.</param>
    /// <param name="hint">One imperative sentence that tells the way out.</param>
    public static MergeException Refused(string message, string hint) => new(new Problem(ErrorCodes.MergeRefused, message, hint));
}
