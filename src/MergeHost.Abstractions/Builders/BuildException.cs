namespace MergeHost.Builders;

/// <summary>A builder's refusal to make a model of what it is given.</summary>
public sealed class BuildException(IReadOnlyList<Problem> problems) : MergeHostException(problems)
{
    /// <summary>A refusal for one reason.</summary>
    /// <param name="message">What is wrong: expected and found.</param>
    /// <param name="hint">One imperative sentence that tells the way out.</param>
    /// <param name="place">Where the recipe says it; <see langword="null"/> for the place of the stage.</param>
    public static BuildException Refused(string message, string hint, TextPlace? place = null) =>
        new([new Problem(ErrorCodes.BuildRefused, message, hint, place)]);
}
