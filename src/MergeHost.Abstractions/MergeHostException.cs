namespace MergeHost;

/// <summary>An error that is the user's to mend: it has a code, a message and a hint, and no stack trace is shown for it.</summary>
/// <remarks>Any other exception that leaves MergeHost or a plugin is a bug and is reported with its trace.</remarks>
public class MergeHostException : Exception
{
    /// <summary>Makes an exception of one problem.</summary>
    public MergeHostException(Problem problem, Exception? inner)
        : this([problem], inner)
    {
    }

    /// <summary>Makes an exception of several problems that were found together.</summary>
    /// <exception cref="ArgumentException"><paramref name="problems"/> is empty.</exception>
    public MergeHostException(IReadOnlyList<Problem> problems)
        : this(problems, null)
    {
    }

    private MergeHostException(IReadOnlyList<Problem> problems, Exception? inner)
        : base(problems.Count == 0
            ? throw new ArgumentException("an exception needs a problem", nameof(problems))
            : string.Join(Environment.NewLine, problems), inner)
    {
        Problems = problems;
    }

    /// <summary>What is wrong, at least one; the order is that of the recipe or of the checkpoint.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>The code of the first error among the problems.</summary>
    public ErrorCode Code => (Problems.FirstOrDefault(problem => problem.Severity == Severity.Error) ?? Problems[0]).Code;
}
