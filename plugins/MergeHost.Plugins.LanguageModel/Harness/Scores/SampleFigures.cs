using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Harness.Prompts;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>What an answer gives for a metric: a number, or two values that are counted together.</summary>
/// <param name="Value">A number, or a sum of log-likelihoods, or the class that is right.</param>
/// <param name="Other">Its weight, or the class or text that was given; <see langword="null"/> for a number alone.</param>
internal sealed record SampleFigure(object? Value, object? Other = null)
{
    public double Number =>
        PythonValue.AsNumber(Value) ?? throw new FormatException($"a metric has no number but {PythonValue.Word(Value)}");
}

/// <summary>The metrics of single items.</summary>
internal static partial class SampleFigures
{
    /// <summary>Of choices: the sums of log-likelihoods, with whether each is what the model would write.</summary>
    public static SampleFigure OfChoices(MetricRule rule, TaskQuestion question, IReadOnlyList<(double Sum, bool IsGreedy)> scores,
        IReadOnlyList<int> right)
    {
        int count = question.Choices.Count;
        double[] sums = [.. scores.Take(count).Select(score => score.Sum)];
        switch (rule.Name)
        {
            case "acc":
                return Chosen(sums);
            case "acc_norm":
                return Chosen([.. sums.Zip(question.Choices, (sum, choice) => sum / PythonText.Length(choice))]);
            case "acc_bytes":
                return Chosen([.. sums.Zip(question.Choices, (sum, choice) => sum / Encoding.UTF8.GetByteCount(choice))]);
            case "acc_mutual_info":
                return Chosen([.. sums.Zip(scores.Skip(count), (sum, alone) => sum - alone.Sum)]);
            case "exact_match":
                return new SampleFigure(right.Any(index => index >= 0 && scores[index].IsGreedy) ? 1L : 0L);
            case "brier_score":
                double most = sums.Max();
                double[] shares = [.. sums.Select(sum => Math.Exp(sum - most))];
                double all = shares.Sum();
                return new SampleFigure((long)right[0], shares.Select(share => (object?)(share / all)).ToList());
            default:
                return new SampleFigure((long)right[0], (long)Best(sums));
        }

        SampleFigure Chosen(double[] values) => new(right.Contains(Best(values)) ? 1.0 : 0.0);
    }

    /// <summary>Of a text that is scored whole.</summary>
    public static SampleFigure OfText(MetricRule rule, string text, double sum) =>
        new(sum, rule.Name == "word_perplexity" ? (long)Space().Split(text).Length : (long)Encoding.UTF8.GetByteCount(text));

    /// <summary>Of a written answer.</summary>
    /// <exception cref="FormatException">The answer and the target do not suit the metric.</exception>
    public static SampleFigure OfAnswer(MetricRule rule, ExactMatch match, object? answer, object? target, bool hasSeveralTargets)
    {
        if (rule.Name == "exact_match")
        {
            string text = answer as string ?? PythonValue.Text(answer);
            IEnumerable<string> wanted = !hasSeveralTargets ? [PythonValue.Text(target)]
                : target is IReadOnlyList<object?> several ? several.OfType<string>()
                : target is string one ? [one] : [];
            return new SampleFigure(wanted.Any(gold => match.AreEqual(text, gold)) ? 1.0 : 0.0);
        }

        if (rule.Name is "f1" or "mcc")
        {
            return new SampleFigure(Class(target), Class(answer));
        }

        return new SampleFigure(target is IReadOnlyList<object?> references && hasSeveralTargets
            ? references.Select(reference => (object?)PythonValue.Text(reference)).ToList()
            : PythonValue.Text(target), PythonValue.Text(answer));
    }

    /// <summary>The indices that are right; −100 for a target that is no choice, as lm-evaluation-harness has it.</summary>
    public static IReadOnlyList<int> Right(TaskQuestion question, bool hasSeveralTargets)
    {
        IEnumerable<object?> targets = hasSeveralTargets && question.Gold is IReadOnlyList<object?> several ? several : [question.Gold];
        return [.. targets.Select(target => target switch
        {
            string text =>
                question.Choices.Index().Where(choice => choice.Item == text).Select(choice => choice.Index).FirstOrDefault(Outside),
            _ => PythonValue.AsWhole(target) is { } index && index < question.Choices.Count ? (int)Math.Max(index, Outside) : Outside,
        })];
    }

    /// <summary>What stands for a target that is no choice.</summary>
    public const int Outside = -100;

    // Of equal values the first.
    private static int Best(double[] values) => TensorPrimitives.IndexOfMax<double>(values);

    private static object Class(object? value) => value switch
    {
        long or bool => PythonValue.AsWhole(value)!.Value,
        string text =>
            text is not ['+', ..] && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
                ? whole
                : text,
        _ => throw new FormatException($"{PythonValue.Word(value)} is no class"),
    };

    [GeneratedRegex(@"[\s\x1c-\x1f]+")]
    private static partial Regex Space();
}
