using System.Globalization;
using MergeHost.Architectures;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>Tensors by layer and module, as signature pictures show them; the experts of a mixture are one module.</summary>
internal static class LayerGrid
{
    /// <summary>The module and the layer of each tensor, by name; without those outside the layers.</summary>
    public static Dictionary<string, (string Module, int Layer)> Of(IEnumerable<string> tensors)
    {
        List<(string Name, LayerTensorName Parts)> named = [.. tensors.Select(name => (name, Parts: LayerTensorName.Parse(name)))
            .Where(named => named.Parts is not null).Select(named => (named.name, named.Parts!.Value))];
        bool isOneStack = named.Select(tensor => tensor.Parts.Stack).Distinct().Count() < 2;
        return named.ToDictionary(tensor => tensor.Name,
            tensor => ((isOneStack ? "" : tensor.Parts.Stack) + Module(tensor.Parts.Rest), tensor.Parts.Layer));
    }

    /// <summary>How much weights changed from a base, and what of them was restored.</summary>
    /// <param name="pair">The base, and the model that is compared with it.</param>
    /// <param name="restored">The tensors that were restored.</param>
    public static PageTable Changes(PairComparison pair, IReadOnlyCollection<string> restored)
    {
        Dictionary<string, (string Module, int Layer)> places = Of(pair.Tensors.Select(tensor => tensor.Name));
        return new PageTable(
            ["#layer", "module", "#change, %", "restored"],
            [
                .. pair.Tensors.Where(tensor => places.ContainsKey(tensor.Name)).GroupBy(tensor => places[tensor.Name])
                    .Select(cell => (PageCell[])
                    [
                        cell.Key.Layer, cell.Key.Module, PageCell.Of(100 * Change(cell.Select(tensor => tensor.Distance)), "G3"),
                        cell.Any(tensor => restored.Contains(tensor.Name)) ? "restored" : "",
                    ]),
            ]);
    }

    /// <summary>The picture of <see cref="Changes"/>.</summary>
    public static PagePlot ChangePlot(string title) => new("heat", title, "layer", "module") { Value = "change, %", Mark = "restored" };

    /// <summary>The length of differences as a share of the length of the weights before;
    /// <see langword="null"/> if these are zeros.</summary>
    public static double? Change(IEnumerable<Distance> distances)
    {
        double before = 0;
        double difference = 0;
        foreach (Distance distance in distances)
        {
            before += distance.NormA * distance.NormA;
            difference += distance.L2 * distance.L2;
        }

        return before == 0 ? null : Math.Sqrt(difference / before);
    }

    private static string Module(string rest)
    {
        string name = rest.EndsWith(".weight", StringComparison.Ordinal) ? rest[..^".weight".Length] : rest;
        return string.Join('.',
            name.Split('.', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "*" : part));
    }
}
