using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>Whether an answer is what is wanted, after what does not count is taken out of both.</summary>
internal sealed class ExactMatch
{
    private const string Digits = "0123456789";

    private readonly IReadOnlyList<PythonRegex> _ignored;
    private readonly bool _ignoresCase;
    private readonly string _letters;

    /// <param name="options">The entries of the metric.</param>
    /// <exception cref="MergeHostException">MH6002: a pattern is none.</exception>
    public ExactMatch(PythonMap options)
    {
        _ignored = Get("regexes_to_ignore") switch
        {
            List<object?> several => [.. several.Select(pattern => new PythonRegex(PythonValue.Text(pattern)))],
            string one => [new PythonRegex(one)],
            _ => [],
        };
        _ignoresCase = PythonValue.IsTrue(Get("ignore_case"));
        _letters = (PythonValue.IsTrue(Get("ignore_punctuation"))
            ? PythonText.Punctuation
            : "") + (PythonValue.IsTrue(Get("ignore_numbers")) ? Digits : "");

        object? Get(string key) => options.TryGet(key, out object? value) ? value : null;
    }

    /// <summary>Compares.</summary>
    public bool AreEqual(string answer, string wanted) => Plain(answer) == Plain(wanted);

    // numpy's texts lose NULs at their ends.
    private string Plain(string text)
    {
        string plain = _ignored.Aggregate(text, (left, pattern) => pattern.Replace(left, ""));
        plain = _ignoresCase ? PythonText.Lower(plain) : plain;
        plain = _letters.Length > 0 ? string.Concat(plain.Where(letter => !_letters.Contains(letter, StringComparison.Ordinal))) : plain;
        return plain.TrimEnd('\0');
    }
}
