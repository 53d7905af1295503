using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>What scores are worth, as a part of their page.</summary>
internal static class ValidationHtml
{
    private const string General = "general ability kept, %";
    private const string Gain = "gain kept, %";

    /// <summary>Adds the part.</summary>
    public static void Append(HtmlPage page, ScoreValidation validation)
    {
        string units = validation.ByLayer ? "layers" : "matrices";
        page.Section("What the scores are worth").Note(
            $"Checked by the suite {validation.Suite} ({string.Join(", ", validation.Tasks)}). Each "
            + $"of {validation.Units.Count} {units} was set to the base's by itself, and then more and more "
            + "of them in the order of each scorer. ρ is Spearman's correlation of "
            + $"ranks{(validation.ByLayer ? "" : " within a module type")}; chance is the share of random orders that do as "
            + "well or better. The trade-off is the share of lost ability that comes back, less the share of the gain that goes, on "
                + "average over a scorer's order. The scorer random is a "
            + "single random order.");
        foreach ((int over, KeptAbility adapted) in validation.Adapted.Index())
        {
            page.Subsection($"Over tasks with {(adapted.Over == "accuracy" ? "an accuracy" : "a perplexity")}");
            page.Table("How well an order finds what gives ability back and what leaves the gain", Agreements(validation, adapted.Over));
            if (adapted.General is not null && adapted.Gain is not null)
            {
                page.Figure($"From nothing restored to all {units}, in the order of each scorer", Curves(validation, over),
                    new PagePlot("plane", "Recovery and gain as more is restored: general ability to the right, gain upwards", General,
                        Gain)
                    { Series = "scorer", Label = "restored", Connected = true });
                page.Figure($"Each of the {units}, set to the base's by itself", Units(validation, over),
                    new PagePlot("plane", "Recovery and gain of single units: general ability to the right, gain upwards", General, Gain)
                    {
                        Series = "kind",
                        Label = "set to the base's",
                        Mark = "as trained"
                    });
            }
        }
    }

    private static PageTable Agreements(ScoreValidation validation, string over) => new(
        ["scorer", "#ρ with ability back", "#chance, %", "#ρ with gain left", "#chance, %", "#trade-off, points"],
        [
            .. validation.Agreements.Where(agreement => agreement.Over == over).Select(agreement => (PageCell[])
            [
                agreement.Scorer, Signed(agreement.General?.Rho, 2), PageCell.Percent(agreement.General?.Chance),
                Signed(agreement.Gain?.Rho, 2), PageCell.Percent(agreement.Gain?.Chance),
                Signed(100 * agreement.TradeOff, 1),
            ]),
        ]);

    private static PageTable Curves(ScoreValidation validation, int over) => new(
        ["scorer", "#restored", $"#{General}", $"#{Gain}"],
        [
            .. validation.Curves.SelectMany(curve => curve.Points.Select(point => (PageCell[])
                [curve.Scorer, point.Restored, PageCell.Percent(point.Kept[over].General), PageCell.Percent(point.Kept[over].Gain)])),
        ]);

    private static PageTable Units(ScoreValidation validation, int over) => new(
        ["set to the base's", "kind", $"#{General}", $"#{Gain}", "as trained"],
        [
            ["nothing", "as trained", PageCell.Percent(validation.Adapted[over].General), PageCell.Percent(validation.Adapted[over].Gain),
                "as trained"],
            .. validation.Units.Select(unit => (PageCell[])
                [unit.Name, unit.Kind.Length == 0 ? "layers" : unit.Kind, PageCell.Percent(unit.Kept[over].General),
                    PageCell.Percent(unit.Kept[over].Gain), ""]),
        ]);

    private static PageCell Signed(double? value, int digits) =>
        value is { } number ? new(Numbers.Signed(number, digits), number) : new("");
}
