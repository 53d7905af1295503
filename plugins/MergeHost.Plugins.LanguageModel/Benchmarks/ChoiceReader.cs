using System.Globalization;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Reads the answers of items by templates.</summary>
internal sealed class ChoiceReader(string choices, string answer)
{
    private readonly TextTemplate _choices = new(choices);
    private readonly TextTemplate _answer = new(answer);

    /// <summary>A question.</summary>
    /// <exception cref="MergeHostException">MH6002: it has fewer than two answers, or none is right.</exception>
    public ChoiceQuestion Read(TaskItem item, string prompt, string delimiter)
    {
        (string[] choices, int answer) = Read(item);
        return new ChoiceQuestion(item, prompt, delimiter, choices, answer);
    }

    /// <summary>The right answer.</summary>
    /// <exception cref="MergeHostException">MH6002: there are fewer than two answers, or none is right.</exception>
    public string Right(TaskItem item)
    {
        (string[] choices, int answer) = Read(item);
        return choices[answer];
    }

    private (string[] Choices, int Answer) Read(TaskItem item)
    {
        string[] choices = _choices.Evaluate(item.Fields) is IReadOnlyList<object?> list
            && list.All(choice => choice is string { Length: > 0 })
            ? [.. list.Cast<string>()]
            : throw item.Unusable("'choices' must be at least two texts that are not empty");
        object? answer = _answer.Evaluate(item.Fields);
        int index = answer switch
        {
            long whole => whole >= 0 && whole < choices.Length ? (int)whole : -1,
            bool truth => truth ? 1 : 0,
            string text when Array.FindIndex(choices, choice => choice.Trim() == text.Trim()) is >= 0 and var found => found,
            string text when int.TryParse(text, CultureInfo.InvariantCulture, out int written) && written >= 0
                && written < choices.Length => written,
            _ => -1,
        };
        return choices.Length < 2 ? throw item.Unusable("'choices' must be at least two texts that are not empty")
            : index < 0
                ? throw item.Unusable(
                    $"'answer' is {(answer is IReadOnlyList<object?> ? "a list" : PythonValue.Text(answer))}; it must be the index or the "
                        + $"text of one of {choices.Length} choices")
            : (choices, index);
    }
}
