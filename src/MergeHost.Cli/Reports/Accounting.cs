using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>What became of each tensor of each model, as a bar.</summary>
internal static class Accounting
{
    /// <summary>Adds the picture.</summary>
    public static void Append(HtmlPage page, string caption, IReadOnlyList<TensorAccount> accounts)
    {
        IReadOnlyList<string> names = accounts.Count == 0 ? [] : ModelName.Of([.. accounts.Select(account => account.Model)]);
        page.Figure(caption,
            new PageTable(
                ["model", "what became of them", "#tensors", "first of them"],
                [
                    .. accounts.Zip(names).SelectMany(account => Parts(account.First).Where(part => part.Tensors.Count > 0)
                        .Select(part => (PageCell[])[account.Second, part.What, part.Tensors.Count,
                            string.Join(", ", part.Tensors.Take(3))])),
                ]),
            new PagePlot("bars", "How many tensors of each model were merged, copied, consumed and excused", "tensors", "model")
            {
                Series = "what became of them"
            });
    }

    private static IEnumerable<(string What, IReadOnlyList<string> Tensors)> Parts(TensorAccount account) =>
    [
        ("merged", account.Merged), ("copied", account.Copied), .. account.Consumed.Select(pair => ($"consumed by {pair.Key}", pair.Value)),
        .. account.Excused.Select(pair => ($"excused by {pair.Key}", pair.Value)),
    ];
}
