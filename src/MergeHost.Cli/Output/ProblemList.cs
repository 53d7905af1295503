using System.Globalization;
using System.Text;

namespace MergeHost.Cli.Output;

/// <summary>Problems as lines for people: by place, each hint once, not more than can be read, and a count at the end.</summary>
internal sealed class ProblemList
{
    private const int Most = 100;
    private const int MostOfAKind = 20;
    private const int MostCharacters = 2_000;

    private readonly List<string> _lines = [];
    private readonly HashSet<string> _hints = [];

    private ProblemList()
    {
    }

    /// <summary>The lines, errors before their hints.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Writes problems.</summary>
    public static ProblemList Of(IReadOnlyList<Problem> problems)
    {
        ProblemList list = new();
        Dictionary<(ErrorCode, Severity), int> kinds = [];
        int shown = 0;
        foreach (Problem problem in InOrder(problems))
        {
            int count = kinds[(problem.Code, problem.Severity)] = kinds.GetValueOrDefault((problem.Code, problem.Severity)) + 1;
            if (count <= MostOfAKind && shown < Most)
            {
                shown++;
                list.Add(problem);
            }
        }

        int left = problems.Distinct().Count() - shown;
        if (left > 0)
        {
            list._lines.Add(string.Create(CultureInfo.InvariantCulture, $"and {left:N0} more of the same kinds; --json shows all"));
        }

        int errors = problems.Distinct().Count(problem => problem.Severity == Severity.Error);
        if (errors > 1)
        {
            list._lines.Add(string.Create(CultureInfo.InvariantCulture, $"{errors:N0} errors"));
        }

        return list;
    }

    /// <summary>Problems of one file together, by line and column; those without a place before.</summary>
    public static IEnumerable<Problem> InOrder(IReadOnlyList<Problem> problems)
    {
        List<string?> files = [.. problems.Select(problem => problem.Place?.Path).Distinct()];
        return problems.Distinct()
            .OrderBy(problem => problem.Place is null ? -1 : files.IndexOf(problem.Place.Path))
            .ThenBy(problem => problem.Place?.Line).ThenBy(problem => problem.Place?.Column);
    }

    // A hint that is said already helps no more; a guess belongs to its word.
    private void Add(Problem problem)
    {
        _lines.Add(Plain(problem.ToString()));
        if (problem.Hint is { } hint && (_hints.Add(hint) || hint.StartsWith("did you mean", StringComparison.Ordinal)))
        {
            _lines.Add("hint: " + Plain(hint));
        }
    }

    // Names come from files of others: control characters would steer the terminal.
    private static string Plain(string text)
    {
        StringBuilder plain = new();
        foreach (char sign in text.AsSpan(0, Math.Min(text.Length, MostCharacters)))
        {
            _ = char.IsControl(sign) && sign is not ('\n' or '\t')
                ? plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)sign:x4}")
                : plain.Append(sign);
        }

        return text.Length > MostCharacters ? plain.Append('…').ToString() : plain.ToString();
    }
}
