using System.Text.Json;
using MergeHost.Evaluation.Runs;
using MergeHost.Evaluation.Statistics;

namespace MergeHost.Tests.Evaluation.Statistics;

/// <summary>Figures by scipy and statsmodels.</summary>
public class StatisticsCaseTests
{
    public static TheoryData<string> Cases =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "fixtures", "lm-eval", "statistics", "statistics.jsonl"))
            .Where(line => line.Length > 0)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Statistics_OfACase_AreThePeers(string line)
    {
        JsonElement json = JsonDocument.Parse(line).RootElement;
        JsonElement input = json.GetProperty("input");
        JsonElement expected = json.GetProperty("expected");
        switch (json.GetProperty("what").GetString())
        {
            case "mcnemar":
                JsonElement table = input.GetProperty("table");
                Near(expected, "p_exact", McNemar.Exact(table[0][1].GetInt32(), table[1][0].GetInt32()));
                break;
            case "wilson":
                (double low,
                    double high) = Proportion.Wilson(input.GetProperty("right").GetDouble(), input.GetProperty("items").GetDouble(),
                        input.GetProperty("confidence").GetDouble());
                Near(expected, "low", low);
                Near(expected, "high", high);
                break;
            case "paired bootstrap":
                CompareAnswers(input, expected);
                break;
            case "paired bootstrap of values":
                PairedTest values = PairedTest.Of(Numbers(input, "b"), Numbers(input, "a"));
                Near(expected, "difference", values.Difference);
                Near(expected, "paired_stderr", values.StandardError);
                Assert.Equal(expected.GetProperty("low").GetDouble(), values.Low, 0.04 * values.StandardError);
                Assert.Equal(expected.GetProperty("high").GetDouble(), values.High, 0.04 * values.StandardError);
                Near(expected, "p_t",
                    2 * SpecialFunctions.StudentTail(Math.Abs(values.Difference) / values.StandardError, values.Count - 1));
                break;
            case "permutation of signs":
                Near(expected, "p_two_sided",
                    PairedTest.SignPermutation([.. Numbers(input, "a").Zip(Numbers(input, "b"), (a, b) => a - b)]));
                break;
            case "clustered error":
                double[] single = Numbers(input, "values");
                Near(expected, "plain_stderr", StandardErrors.Of(single));
                Near(expected, "clustered_stderr", StandardErrors.Clustered(single, Texts(input, "clusters")));
                break;
            case "clustered error of a difference":
                PairedTest clustered = PairedTest.Of(Numbers(input, "b"), Numbers(input, "a"), Texts(input, "clusters"));
                Near(expected, "difference", clustered.Difference);
                Near(expected, "clustered_stderr", clustered.StandardError);
                break;
            case "many comparisons":
                AllNear(expected, "holm", ManyComparisons.Holm(Numbers(input, "p")));
                AllNear(expected, "bh", ManyComparisons.BenjaminiHochberg(Numbers(input, "p")));
                break;
            case "least detectable difference":
                ComparePower(input, expected);
                break;
            case "spread over seeds":
                Spread spread = Spread.Of(Numbers(input, "values"));
                Near(expected, "mean", spread.Mean);
                Near(expected, "deviation", spread.Deviation);
                Near(expected, "t_low", spread.Low);
                Near(expected, "t_high", spread.High);
                break;
            default:
                double[] first = Numbers(input, "a");
                Near(expected, "spearman", RankAgreement.Of([.. first.Select(_ => "one")], first, Numbers(input, "b"))!.Rho);
                break;
        }
    }

    // The cases have a − b, the test the second less the first.
    private static void CompareAnswers(JsonElement input, JsonElement expected)
    {
        double[] a = Numbers(input, "a");
        double[] b = Numbers(input, "b");
        PairedTest test = PairedTest.Of(b, a);
        Near(expected, "difference", test.Difference);
        Near(expected, "low", test.Low);
        Near(expected, "high", test.High);
        Near(expected, "paired_stderr", test.StandardError);
        Near(expected, "mcnemar_exact", test.Probability);
        Near(expected, "share_at_most_zero",
            BinaryBootstrap.ShareAtMostZero(a.Zip(b).Count(pair => pair.First > pair.Second),
                a.Zip(b).Count(pair => pair.First < pair.Second), a.Length));
        Near(expected, "p_normal", 2 * SpecialFunctions.NormalTail(Math.Abs(test.Difference) / test.StandardError));
    }

    private static void ComparePower(JsonElement input, JsonElement expected)
    {
        double deviation = input.GetProperty("deviation_of_the_paired_differences").GetDouble();
        (double alpha, double power) = (input.GetProperty("alpha").GetDouble(), input.GetProperty("power").GetDouble());
        double difference = Power.LeastDifference(input.GetProperty("items").GetDouble(), deviation, alpha, power);
        Near(expected, "difference", difference);
        Assert.InRange(Power.ItemsFor(difference / 2, deviation, alpha, power),
            expected.GetProperty("items_for_half_of_it").GetDouble() - 1, expected.GetProperty("items_for_half_of_it").GetDouble() + 1);
    }

    private static double[] Numbers(JsonElement input, string name) =>
        [.. input.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];

    private static string[] Texts(JsonElement input, string name) =>
        [.. input.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    private static void AllNear(JsonElement expected, string name, double[] found) =>
        Assert.All(Numbers(expected, name).Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-9));

    private static void Near(JsonElement expected, string name, double found) =>
        Assert.Equal(expected.GetProperty(name).GetDouble(), found, 1e-9);
}
