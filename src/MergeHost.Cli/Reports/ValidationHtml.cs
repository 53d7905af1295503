using System.Globalization;
using System.Text;
using MergeHost.Reports;
using static MergeHost.Cli.Reports.HtmlPage;

namespace MergeHost.Cli.Reports;

/// <summary>What scores are worth, as a part of their page.</summary>
internal static class ValidationHtml
{
    /// <summary>Adds the part.</summary>
    public static void Append(StringBuilder body, ScoreValidation validation)
    {
        string units = validation.ByLayer ? "layers" : "matrices";
        body.Append(CultureInfo.InvariantCulture, $"""
            <h2 id="validation">What the scores are worth</h2>
            <p class="note">Checked by the suite {Text(validation.Suite)} ({Text(string.Join(", ", validation.Tasks))}). Each of {validation.Units.Count} {units} was set to the base's by
            itself, and then more and more of them in the order of each scorer. ρ is Spearman's correlation of ranks{(validation.ByLayer ? "" : " within a module type")}; chance is the share of
            random orders that do as well or better. The trade-off is the share of lost ability that comes back, less the share of the gain that goes, on average over a
            scorer's order. The scorer random is a single random order.</p>

            """);
        foreach ((int over, KeptAbility adapted) in validation.Adapted.Index())
        {
            body.Append(CultureInfo.InvariantCulture, $"""
                <h3>Over tasks with {(adapted.Over == "accuracy" ? "an accuracy" : "a perplexity")}: as trained, {Percent(adapted.General)} of general ability and {Percent(adapted.Gain)} of the gain</h3>
                {Agreements(validation, adapted.Over)}

                """);
            if (adapted.General is not null && adapted.Gain is not null)
            {
                body.Append(CultureInfo.InvariantCulture, $"""
                    {ValidationPlots.Curves(validation, over)}
                    <p class="note">Restored from nothing, above on the left, to all {units}, in the order of each scorer.</p>
                    {Numbers(Curves(validation, over))}{ValidationPlots.Units(validation, over)}
                    <p class="note">Each of the {units}, set to the base's by itself.</p>

                    """);
            }

            body.Append(Numbers(Units(validation, over)));
        }
    }

    private static string Agreements(ScoreValidation validation, string over) => Table(
        ["scorer", "ρ with ability back", "chance", "ρ with gain left", "chance", "trade-off"],
        validation.Agreements.Where(agreement => agreement.Over == over).Select(agreement => (string[])
        [
            agreement.Scorer, Signed(agreement.General?.Rho, 2), Percent(agreement.General?.Chance), Signed(agreement.Gain?.Rho, 2), Percent(agreement.Gain?.Chance),
            Signed(100 * agreement.TradeOff, 1),
        ]));

    private static string Curves(ScoreValidation validation, int over) => Table(
        ["scorer", "restored", "general ability kept", "gain kept"],
        validation.Curves.SelectMany(curve => curve.Points.Select(point => (string[])
        [
            curve.Scorer, point.Restored.ToString(CultureInfo.InvariantCulture), Percent(point.Kept[over].General), Percent(point.Kept[over].Gain),
        ])));

    private static string Units(ScoreValidation validation, int over) => Table(
        ["set to the base's", "general ability kept", "gain kept"],
        validation.Units.Select(unit => (string[])[unit.Name, Percent(unit.Kept[over].General), Percent(unit.Kept[over].Gain)]));

    private static string Signed(double? value, int digits) => value is { } number ? Output.Numbers.Signed(number, digits) : "";
}
